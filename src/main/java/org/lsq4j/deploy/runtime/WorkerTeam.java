package org.lsq4j.deploy.runtime;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A fixed number of threads that do the parts of one task at a time together with the caller.
 * Starting a task allocates nothing.
 */
final class WorkerTeam implements AutoCloseable {

  /** Work in as many parts as there are threads. */
  interface Task {
    /** Does one part, from 0 on. */
    void run(int part);
  }

  private final Semaphore[] started;
  private final Semaphore finished = new Semaphore(0);
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private volatile Task task;
  private volatile boolean closed;

  WorkerTeam(int threads) {
    started = new Semaphore[threads - 1];
    for (int i = 0; i < started.length; i++) {
      Semaphore start = new Semaphore(0);
      started[i] = start;
      int part = i + 1;
      Thread thread = new Thread(() -> work(start, part), "lsq4j-worker-" + part);
      thread.setDaemon(true);
      thread.start();
    }
  }

  /** Threads, the caller's included. */
  int threads() {
    return started.length + 1;
  }

  /** Does all parts; for one caller at a time. */
  void run(Task newTask) {
    task = newTask;
    failure.set(null);
    for (Semaphore start : started) {
      start.release();
    }
    try {
      newTask.run(0);
    } finally {
      finished.acquireUninterruptibly(started.length);
      task = null;
    }
    Throwable thrown = failure.get();
    if (thrown != null) {
      throw new IllegalStateException("A worker thread failed: " + thrown, thrown);
    }
  }

  private void work(Semaphore start, int part) {
    while (true) {
      start.acquireUninterruptibly();
      if (closed) {
        return;
      }
      try {
        task.run(part);
      } catch (RuntimeException | Error e) {
        failure.set(e);
      } finally {
        finished.release();
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Semaphore start : started) {
      start.release();
    }
  }
}
