package org.lsq4j.deploy.graph;

import java.util.Arrays;

/**
 * y = x * factor + addend for each channel, in float, each operation rounded by itself. Immutable.
 */
public final class Affine {

  private final float[] factors;
  private final float[] addends;

  private Affine(float[] factors, float[] addends) {
    requireFinite(factors);
    requireFinite(addends);
    this.factors = factors.clone();
    this.addends = addends.clone();
  }

  /** Adds to each channel. */
  public static Affine adding(float[] addends) {
    return new Affine(new float[0], addends);
  }

  /** Multiplies each channel and adds to it. */
  public static Affine of(float[] factors, float[] addends) {
    if (factors.length != addends.length) {
      throw new IllegalArgumentException(
          factors.length + " factors, but " + addends.length + " addends");
    }
    return new Affine(factors, addends);
  }

  private static void requireFinite(float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new IllegalArgumentException("factors and addends must be finite, got " + value);
      }
    }
  }

  /** Number of channels. */
  public int channels() {
    return addends.length;
  }

  /** Whether there are factors; else they are 1. */
  public boolean hasFactors() {
    return factors.length > 0;
  }

  /** The factor of a channel. */
  public float factor(int channel) {
    return hasFactors() ? factors[channel] : 1;
  }

  /** The addend of a channel. */
  public float addend(int channel) {
    return addends[channel];
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Affine that
        && Arrays.equals(factors, that.factors)
        && Arrays.equals(addends, that.addends);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(factors) * 31 + Arrays.hashCode(addends);
  }

  @Override
  public String toString() {
    return (hasFactors() ? "factors and " : "") + "addends of " + channels() + " channels";
  }
}
