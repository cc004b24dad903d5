package org.lsq4j.compute.onednn;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Threads that share loops of a fraction of a millisecond, of which a training step has a hundred.
 * Java's common pool takes longer to wake up than some of them last; these threads are woken
 * directly and stay awake for a moment, as one loop often follows another.
 */
final class LoopTeam {

  /** About 40 microseconds: more would keep the processor from other runtimes' threads. */
  private static final int AWAKE = 1500;

  /** After so many looks at an unfinished loop the thread that does the rest may need the core. */
  private static final int PATIENCE = 2000;

  private static final Loop NONE = new Loop(0, task -> {});

  private final ReentrantLock busy = new ReentrantLock();
  private final Thread[] helpers;
  private volatile Loop current = NONE;

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

  /** Runs tasks 0 to {@code tasks - 1} in any order and waits for them. */
  void run(int tasks, IntConsumer task) {
    Loop loop = new Loop(tasks, task);
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
      loop.await();
    } finally {
      current = NONE;
      busy.unlock();
    }
    loop.rethrow();
  }

  private void help() {
    int looks = 0;
    while (true) {
      Loop loop = current;
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

  /** One loop; whoever comes takes the next task. */
  private static final class Loop {
    private final int tasks;
    private final IntConsumer task;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private volatile Throwable failure;

    Loop(int tasks, IntConsumer task) {
      this.tasks = tasks;
      this.task = task;
    }

    boolean hasTasks() {
      return next.get() < tasks;
    }

    void work() {
      for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
        try {
          task.accept(i);
        } catch (RuntimeException | Error e) {
          failure = e;
        }
        done.incrementAndGet();
      }
    }

    void await() {
      for (int looks = 0; done.get() < tasks; looks++) {
        if (looks < PATIENCE) {
          Thread.onSpinWait();
        } else {
          Thread.yield();
        }
      }
    }

    void rethrow() {
      if (failure instanceof Error error) {
        throw error;
      }
      if (failure instanceof RuntimeException exception) {
        throw exception;
      }
    }
  }
}
