package org.lsq4j.quantizer;

/**
 * Whether a quantizer has a learned offset z (LSQ+ writes beta), and how it enters the forward
 * pass.
 */
public enum OffsetMode {
  /** z = 0: LSQ. */
  NONE,
  /** z is any real number: LSQ+. */
  REAL,
  /**
   * z is learned as a real number, but the forward pass uses the nearest multiple of the step, Z s
   * with Z = round(z / s): what a deployed integer zero point can hold. Rounding is passed straight
   * through.
   */
  INTEGER
}
