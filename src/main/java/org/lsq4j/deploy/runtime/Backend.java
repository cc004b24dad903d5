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
