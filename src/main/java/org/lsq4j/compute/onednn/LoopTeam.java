package org.lsq4j.compute.onednn;

import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Threads of Java's. Its common pool takes longer to wake up than some loops last; these threads
 * are woken directly and stay awake for a moment, as one loop often follows another.
 */
final class LoopTeam implements Team {

  /** About 40 microseconds: more would keep the processor from other runtimes' threads. */
  private static final int AWAKE = 1500;

  /** After so many looks at an unfinished loop the thread that does the rest may need the core. */
  private static final int PATIENCE = 2000;

  private static final SharedLoop NONE = new SharedLoop(0, task -> {});

  private final ReentrantLock busy = new ReentrantLock();
  private final Thread[] helpers;
  private volatile SharedLoop current = NONE;

  /** A team of the calling thread and some helpers. */
  LoopTeam(int helperCount) {
    helpers = IntStream.range(0, helperCount).mapToObj(this::helper).toArray(Thread[]::new);
  }

  private Thread helper(int number) {
    Thread helper = new Thread(this::help, "lsq4j-loop-" + number);
    helper.setDaemon(true);
    helper.start();
    return helper;
  }

  @Override
  public void run(int tasks, IntConsumer task) {
    SharedLoop loop = new SharedLoop(tasks, task);
    if (!busy.tryLock()) {
      // Another network trains in another thread, and the helpers are with that.
      loop.work();
      loop.rethrow();
      return;
    }
    try {
      current = loop;
      for (Thread helper : helpers) {
        LockSupport.unpark(helper);
      }
      loop.work();
      await(loop);
    } finally {
      current = NONE;
      busy.unlock();
    }
    loop.rethrow();
  }

  private static void await(SharedLoop loop) {
    for (int looks = 0; !loop.isDone(); looks++) {
      if (looks < PATIENCE) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
    }
  }

  private void help() {
    int looks = 0;
    while (true) {
      SharedLoop loop = current;
      if (loop.hasTasks()) {
        loop.work();
        looks = 0;
      } else if (looks++ < AWAKE) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
        looks = 0;
      }
    }
  }
}
