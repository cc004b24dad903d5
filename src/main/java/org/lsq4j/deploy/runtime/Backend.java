package org.lsq4j.deploy.runtime;

/**
 * A way to compute programs. Every backend gives the same bits. Found with {@link
 * java.util.ServiceLoader}.
 */
public interface Backend {

  /** Its name in options and messages. */
  String name();

  /** The larger, the sooner it is taken. */
  int preference();

  /**
   * Why it cannot work in this process; empty if it can. Does not throw where libraries are
   * missing.
   */
  String obstacle();

  /**
   * How many of the threads that were asked for should call executors: fewer, if the backend's
   * library has threads of its own.
   */
  int workers(int threads);

  /**
   * Prepares a program, whatever all threads can share.
   *
   * @param program to compute
   */
  Prepared prepare(Program program);

  /** A program that a backend can compute. */
  @FunctionalInterface
  interface Prepared {
    /** What one thread needs to compute it. */
    Executor newExecutor();
  }
}
