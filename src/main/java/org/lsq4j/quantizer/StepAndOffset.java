package org.lsq4j.quantizer;

/**
 * What an initializer found for one channel.
 *
 * @param step s, positive and finite
 * @param offset z, finite; 0 without offset
 */
public record StepAndOffset(double step, double offset) {

  /** Refuses what would poison a network. */
  public StepAndOffset {
    if (!(step > 0) || !Double.isFinite(step) || !Double.isFinite(offset)) {
      throw new IllegalArgumentException(
          "Step size must be positive and finite and offset finite, got step "
              + step
              + ", offset "
              + offset);
    }
  }
}
