package org.lsq4j.training.oscillation;

/** What is done about oscillating weights. */
public enum OscillationMethod {
  /** Nothing: they are only watched. */
  NONE,
  /** A penalty draws weights to the middle of their codes. */
  DAMPEN,
  /** Weights that oscillate often are held at one code. */
  FREEZE
}
