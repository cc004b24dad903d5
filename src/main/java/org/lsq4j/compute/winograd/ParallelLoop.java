package org.lsq4j.compute.winograd;

import java.util.function.IntConsumer;

/**
 * Runs tasks on several threads. While it waits for them, the calling thread may run such tasks
 * only: not another convolution, whose scratch memory would be the same.
 */
@FunctionalInterface
public interface ParallelLoop {

  /** Runs tasks 0 to {@code tasks - 1} in any order and waits for them. */
  void run(int tasks, IntConsumer task);
}
