package org.lsq4j.cli;

/** What the process tells the shell. */
final class ExitCode {

  /** Everything asked for is done. */
  static final int DONE = 0;

  /** A run failed on the way. */
  static final int FAILED = 1;

  /** Wrong usage, configuration or data; nothing was done. */
  static final int USAGE = 2;

  private ExitCode() {}
}
