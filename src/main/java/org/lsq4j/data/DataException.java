package org.lsq4j.data;

/**
 * Data that cannot be used: a missing, truncated or contradictory file, a label out of range, a
 * value that is not a number.
 *
 * <p>The message is one line, names the file or data set and the value seen, and where there is a
 * cure, says it.
 */
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An error with its one-line message. */
  public DataException(String message) {
    super(message);
  }

  /** An error with its one-line message and what led to it. */
  public DataException(String message, Throwable cause) {
    super(message, cause);
  }
}
