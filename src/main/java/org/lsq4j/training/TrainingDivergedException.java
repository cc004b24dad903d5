package org.lsq4j.training;

/** A loss, gradient or parameter became NaN or infinite; the message names the place. */
public final class TrainingDivergedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final int epoch;
  private final int iteration;

  /**
   * With where and when.
   *
   * @param epoch in which it was found, from 1
   * @param iteration updates of the training until then
   */
  public TrainingDivergedException(String message, int epoch, int iteration) {
    super(message);
    this.epoch = epoch;
    this.iteration = iteration;
  }

  /** The epoch in which it was found, from 1. */
  public int epoch() {
    return epoch;
  }

  /** Updates of the training until it was found. */
  public int iteration() {
    return iteration;
  }
}
