package org.lsq4j.experiment;

/**
 * What happens when a training diverges. Fields are null where nothing is said.
 *
 * @param policy {@code stop}, or {@code rollback} to the last good checkpoint; {@code stop} by
 *     default
 * @param factor of the learning rate at each rollback; 0.5 by default
 * @param retries rollbacks of a stage before it stops after all; 3 by default
 */
public record GuardConfig(Policy policy, Double factor, Integer retries) {

  private static final double FACTOR = 0.5;
  private static final int RETRIES = 3;

  /** What is done. */
  public enum Policy {
    /** The run ends with an error. */
    STOP,
    /** The stage goes on from its last good checkpoint with a lower learning rate. */
    ROLLBACK
  }

  void check() {
    if (!(rateFactor() > 0 && rateFactor() < 1)) {
      throw new IllegalArgumentException(
          "factor: must be more than 0 and below 1, got " + rateFactor());
    }
    if (mostRollbacks() < 1) {
      throw new IllegalArgumentException("retries: must be 1 or more, got " + mostRollbacks());
    }
    if (policy == null && (factor != null || retries != null)) {
      throw new IllegalArgumentException("policy: is missing; it must be stop or rollback");
    }
  }

  /** Whether a diverged training goes on from its last good checkpoint. */
  boolean rollsBack() {
    return policy == Policy.ROLLBACK;
  }

  /** What the learning rate is multiplied by at each rollback. */
  double rateFactor() {
    return factor == null ? FACTOR : factor;
  }

  /** Rollbacks of a stage before it stops after all. */
  int mostRollbacks() {
    return retries == null ? RETRIES : retries;
  }
}
