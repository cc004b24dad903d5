package org.lsq4j.compute.onednn;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** Tasks that several threads do together: whoever comes takes the next one. */
final class SharedLoop {

  private final int tasks;
  private final IntConsumer task;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger done = new AtomicInteger();
  private volatile Throwable failure;

  /** Tasks 0 to {@code tasks - 1}. */
  SharedLoop(int tasks, IntConsumer task) {
    this.tasks = tasks;
    this.task = task;
  }

  /** Whether there are any that nobody has begun. */
  boolean hasTasks() {
    return next.get() < tasks;
  }

  /** Whether all have ended. */
  boolean isDone() {
    return done.get() == tasks;
  }

  /** Does what nobody has begun. */
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

  /** Throws what a task has thrown. */
  void rethrow() {
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }
}
