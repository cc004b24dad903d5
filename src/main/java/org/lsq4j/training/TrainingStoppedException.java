package org.lsq4j.training;

/** A training ended because it was asked to; it can be resumed. */
public final class TrainingStoppedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** With the place where it ended. */
  public TrainingStoppedException(String message) {
    super(message);
  }
}
