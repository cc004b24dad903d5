package org.lsq4j.deploy.format;

/** Bytes that are no packed model this program can read: the message says where and why. */
public final class PackedFormatException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  public PackedFormatException(String message) {
    super(message);
  }

  /** What is wrong, and what led to it. */
  public PackedFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
