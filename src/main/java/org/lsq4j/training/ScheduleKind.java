package org.lsq4j.training;

/** How the learning rate changes over a training. */
public enum ScheduleKind {
  /** From the initial rate to 0 along half a cosine, without restarts. */
  COSINE,
  /** Multiplied by a factor every few epochs. */
  STEP,
  /** Always the same. */
  CONSTANT
}
