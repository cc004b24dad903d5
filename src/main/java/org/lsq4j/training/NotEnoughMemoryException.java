package org.lsq4j.training;

/** An update needed more memory than there is. */
public final class NotEnoughMemoryException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** With the size of the batch and what to do. */
  public NotEnoughMemoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
