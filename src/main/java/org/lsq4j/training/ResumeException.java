package org.lsq4j.training;

/** A checkpoint was written by another training than the one that should go on with it. */
public final class ResumeException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** With what differs and what to do. */
  public ResumeException(String message) {
    super(message);
  }
}
