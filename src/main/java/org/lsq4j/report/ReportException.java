package org.lsq4j.report;

/**
 * A figure or report that cannot be made of what was asked for: an unknown distribution, a bad
 * sweep, a file without numbers, a machine without fonts.
 *
 * <p>The message is one line, names the option or file and the value seen, and says what is
 * allowed.
 */
public final class ReportException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With its one-line message. */
  public ReportException(String message) {
    super(message);
  }

  /** With its one-line message and what led to it. */
  public ReportException(String message, Throwable cause) {
    super(message, cause);
  }
}
