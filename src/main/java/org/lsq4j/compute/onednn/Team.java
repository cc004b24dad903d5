package org.lsq4j.compute.onednn;

import java.util.function.IntConsumer;

/** Threads that share loops of a fraction of a millisecond, of which a step has a hundred. */
interface Team {

  /**
   * Runs tasks 0 to {@code tasks - 1} in any order and waits for them. What one of them throws is
   * thrown here when all have ended.
   */
  void run(int tasks, IntConsumer task);
}
