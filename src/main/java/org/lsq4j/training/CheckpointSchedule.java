package org.lsq4j.training;

/**
 * When checkpoints are written beside those after every epoch, and how many are kept.
 *
 * @param iterations after every so many updates; 0 for never
 * @param minutes when so many minutes have passed since the last one; 0 for never
 * @param keep how many of the last ones stay, at least 1; the last and the best epoch stay anyway
 */
public record CheckpointSchedule(int iterations, double minutes, int keep) {

  /** After epochs only. */
  public static final CheckpointSchedule EPOCHS = new CheckpointSchedule(0, 0, 2);

  private static final double NANOSECONDS_PER_MINUTE = 60e9;

  /** Checks the ranges. */
  public CheckpointSchedule {
    if (iterations < 0) {
      throw new IllegalArgumentException("iterations: must be 0 or more, got " + iterations);
    }
    if (!(minutes >= 0)) {
      throw new IllegalArgumentException("minutes: must be 0 or more, got " + minutes);
    }
    if (keep < 1) {
      throw new IllegalArgumentException("keep: must be 1 or more, got " + keep);
    }
  }

  /** Whether it is time after an update. */
  boolean isDue(int iteration, long nanosecondsSinceLast) {
    return iterations > 0 && iteration % iterations == 0
        || minutes > 0 && nanosecondsSinceLast >= minutes * NANOSECONDS_PER_MINUTE;
  }
}
