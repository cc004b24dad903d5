package org.lsq4j.training;

/** The loss or a parameter became NaN or infinite; the message names the place. */
public final class TrainingDivergedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** With where and when. */
  public TrainingDivergedException(String message) {
    super(message);
  }
}
