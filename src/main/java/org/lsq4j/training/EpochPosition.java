package org.lsq4j.training;

/**
 * How far a training is in its current epoch.
 *
 * @param batches updates of this epoch so far
 * @param lossSum sum of their losses
 * @param seconds time they took
 */
public record EpochPosition(int batches, double lossSum, double seconds) {

  /** Before the first batch. */
  public static final EpochPosition START = new EpochPosition(0, 0, 0);

  EpochPosition after(double loss, double stepSeconds) {
    return new EpochPosition(batches + 1, lossSum + loss, seconds + stepSeconds);
  }

  /** Mean loss of the batches so far. */
  double meanLoss() {
    return lossSum / batches;
  }
}
