package org.lsq4j.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FakeQuantizerTest {

  private static final QuantizerSpec SIGNED = QuantizerSpec.activations(3, CodeSign.SIGNED);
  private static final int COUNT = 2_000;

  @Test
  void tiesRoundToEven() {
    double[] x = {-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5};
    assertArrayEquals(new int[] {-4, -2, -2, 0, 0, 2, 2}, quantizer(SIGNED, 1, 0).quantize(x));
  }

  @Test
  void masksLookAtThePositionBeforeRounding() {
    // All five have code 3, but only the first lies inside; rounding first would let the next two
    // pass.
    double[] x = {2.9, 3, 3.3, 3.49, 5};
    FakeQuantizer.Gradients gradients =
        quantizer(SIGNED, 1, 0).backward(x, new double[] {1, 1, 1, 1, 1}, 1);
    assertArrayEquals(new double[] {1, 0, 0, 0, 0}, gradients.input());
    assertEquals(4 * 3 + (3 - 2.9), gradients.step()[0], 1e-12);
  }

  @Test
  void boundsCountAsClipped() {
    assertEquals(0.5, quantizer(SIGNED, 0.5, 0).clipShare(new double[] {-2.1, 1.6, -2, 1.5}));
    assertEquals(0, quantizer(SIGNED, 1, 0).clipShare(new double[0]));
  }

  @Test
  void channelsClipOnTheirOwn() {
    FakeQuantizer quantizer =
        new FakeQuantizer(SIGNED, new ChannelLayout(2, 2), new double[] {1, 0.5}, new double[2]);
    assertArrayEquals(
        new double[] {0, 0.5}, quantizer.clipShares(new double[] {-2.1, 1.6, -2, 1.6}));
    assertArrayEquals(new double[2], quantizer.clipShares(new double[0]));
  }

  @Test
  void overloadBeginsHalfAStepBeyondTheBounds() {
    // The window is -2 to 1.5; halves are rounded to the even neighbour, -4 and 4.
    double[] x = {-2.3, -2.25, -2.2, 0, 1.7, 1.75, 1.8};
    boolean[] expected = {true, false, false, false, false, true, true};
    assertArrayEquals(expected, quantizer(SIGNED, 0.5, 0).overloads(x));
    assertArrayEquals(
        expected,
        quantizer(SIGNED.withOffset(OffsetMode.REAL), 0.5, 8)
            .overloads(Arrays.stream(x).map(value -> value + 8).toArray()));
  }

  @Test
  void channelsAreIndependent() {
    QuantizerSpec spec = SIGNED.withOffset(OffsetMode.REAL);
    double[] x = RandomValues.gaussian(1, COUNT);
    double[] upstream = RandomValues.gaussian(2, COUNT);
    double[] step = {0.1, 0.4};
    double[] offset = {0.2, -0.3};
    int half = COUNT / 2;
    FakeQuantizer both = new FakeQuantizer(spec, new ChannelLayout(2, half), step, offset);
    FakeQuantizer.Gradients gradients = both.backward(x, upstream, 0.5);
    for (int channel = 0; channel < 2; channel++) {
      int from = channel * half;
      double[] part = Arrays.copyOfRange(x, from, from + half);
      double[] partUpstream = Arrays.copyOfRange(upstream, from, from + half);
      FakeQuantizer one = quantizer(spec, step[channel], offset[channel]);
      FakeQuantizer.Gradients expected = one.backward(part, partUpstream, 0.5);
      assertArrayEquals(one.forward(part), Arrays.copyOfRange(both.forward(x), from, from + half));
      assertEquals(expected.step()[0], gradients.step()[channel]);
      assertEquals(expected.offset()[0], gradients.offset()[channel]);
    }
  }

  /**
   * LSQ+ configurations 3 (signed) and 4 (unsigned) are one function: with z3 = z4 + K s, K =
   * 2^(b-1), the chain rule gives ds4 = ds3 + K dz3 and dz4 = dz3.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void signedAndUnsignedCodesWithOffsetAreOneFunction(int bits) {
    double step = 0.8 / (1 << (bits - 1));
    double unsignedOffset = -0.3;
    double shift = 1 << (bits - 1);
    QuantizerSpec signed =
        QuantizerSpec.activations(bits, CodeSign.SIGNED).withOffset(OffsetMode.REAL);
    FakeQuantizer configuration3 = quantizer(signed, step, unsignedOffset + shift * step);
    FakeQuantizer configuration4 =
        quantizer(signed.withSign(CodeSign.UNSIGNED), step, unsignedOffset);
    double[] x = RandomValues.gaussian(bits, COUNT);
    double[] upstream = RandomValues.gaussian(bits + 100, COUNT);

    assertArrayEquals(configuration3.forward(x), configuration4.forward(x), 1e-12);
    FakeQuantizer.Gradients gradients3 = configuration3.backward(x, upstream, 1);
    FakeQuantizer.Gradients gradients4 = configuration4.backward(x, upstream, 1);
    assertArrayEquals(gradients3.input(), gradients4.input());
    assertEquals(gradients3.step()[0] + shift * gradients3.offset()[0], gradients4.step()[0], 1e-8);
    assertEquals(gradients3.offset()[0], gradients4.offset()[0], 1e-12);
  }

  /**
   * The gradients are exact derivatives of the surrogate that replaces rounding by adding its
   * present residual, which is smooth off the bounds: xHat = clip(u) s + z + s (code - clip(u))
   * with the last bracket held.
   */
  @ParameterizedTest
  @EnumSource(OffsetMode.class)
  void gradientsAreThoseOfTheStraightThroughSurrogate(OffsetMode mode) {
    QuantizerSpec spec = SIGNED.withOffset(mode);
    double[] x = RandomValues.gaussian(5, 200);
    double[] upstream = RandomValues.gaussian(6, 200);
    double step = 0.31;
    double offset = mode == OffsetMode.NONE ? 0 : 0.45;
    FakeQuantizer.Gradients gradients = quantizer(spec, step, offset).backward(x, upstream, 1);

    Surrogate surrogate = new Surrogate(spec, x, upstream, step, offset);
    double h = 1e-6;
    assertEquals(
        (surrogate.loss(step + h, offset) - surrogate.loss(step - h, offset)) / (2 * h),
        gradients.step()[0],
        1e-6);
    if (mode != OffsetMode.NONE) {
      assertEquals(
          (surrogate.loss(step, offset + h) - surrogate.loss(step, offset - h)) / (2 * h),
          gradients.offset()[0],
          1e-6);
    }
  }

  /** Where every value is clipped, rounding plays no part and the real function is smooth. */
  @Test
  void gradientsOfClippedValuesAreTrueDerivatives() {
    QuantizerSpec spec = SIGNED.withOffset(OffsetMode.REAL);
    double[] x = {-9, -7, 5, 8, 6};
    double[] upstream = {0.3, -1, 0.5, 2, -0.7};
    FakeQuantizer.Gradients gradients = quantizer(spec, 1, 0.25).backward(x, upstream, 1);
    double h = 1e-6;
    assertEquals(
        (dot(upstream, quantizer(spec, 1 + h, 0.25).forward(x))
                - dot(upstream, quantizer(spec, 1 - h, 0.25).forward(x)))
            / (2 * h),
        gradients.step()[0],
        1e-8);
    assertEquals(
        (dot(upstream, quantizer(spec, 1, 0.25 + h).forward(x))
                - dot(upstream, quantizer(spec, 1, 0.25 - h).forward(x)))
            / (2 * h),
        gradients.offset()[0],
        1e-8);
  }

  @Test
  void integerOffsetStaysOnTheGrid() {
    QuantizerSpec spec = SIGNED.withOffset(OffsetMode.INTEGER);
    double[] x = RandomValues.gaussian(7, COUNT);
    FakeQuantizer quantizer = quantizer(spec, 0.25, 0.7);
    int[] codes = quantizer.quantize(x);
    double[] xHat = quantizer.forward(x);
    for (int i = 0; i < COUNT; i++) {
      // Z = round(0.7 / 0.25) = 3
      assertEquals((codes[i] + 3) * 0.25, xHat[i]);
    }
  }

  @Test
  void integerOffsetDiffersFromRealOneByTheRoundingTerm() {
    double[] x = RandomValues.gaussian(8, COUNT);
    double[] upstream = RandomValues.gaussian(9, COUNT);
    FakeQuantizer.Gradients integer =
        quantizer(SIGNED.withOffset(OffsetMode.INTEGER), 0.25, 0.7).backward(x, upstream, 1);
    FakeQuantizer.Gradients snapped =
        quantizer(SIGNED.withOffset(OffsetMode.REAL), 0.25, 0.75).backward(x, upstream, 1);
    assertArrayEquals(snapped.input(), integer.input());
    assertEquals(snapped.offset()[0], integer.offset()[0]);
    double rounding = 3 - 0.7 / 0.25;
    assertEquals(snapped.step()[0] + rounding * snapped.offset()[0], integer.step()[0], 1e-9);
  }

  @Test
  void offsetHasNoGradientWithoutOffset() {
    double[] x = {10, -10, 0};
    assertEquals(0, quantizer(SIGNED, 1, 0).backward(x, new double[] {1, 2, 3}, 1).offset()[0]);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.1, Double.NaN, Double.POSITIVE_INFINITY})
  void impossibleStepsAreNamed(double step) {
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> quantizer(SIGNED, step, 0));
    assertTrue(error.getMessage().contains("got " + step), error.getMessage());
  }

  @Test
  void offsetMustBeFiniteWhereItIsUsed() {
    QuantizerSpec learned = SIGNED.withOffset(OffsetMode.REAL);
    assertThrows(IllegalArgumentException.class, () -> quantizer(learned, 1, Double.NaN));
  }

  @Test
  void everyChannelNeedsItsParameters() {
    ChannelLayout two = new ChannelLayout(2, 1);
    assertThrows(
        IllegalArgumentException.class,
        () -> new FakeQuantizer(SIGNED, two, new double[] {1}, new double[2]));
    assertThrows(
        IllegalArgumentException.class,
        () -> new FakeQuantizer(SIGNED, two, new double[] {1, 1}, new double[1]));
  }

  /** The loss with every rounding residual frozen at one step and offset. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Surrogate(
      QuantizerSpec spec, double[] x, double[] upstream, double step, double offset) {

    double loss(double movedStep, double movedOffset) {
      double[] moved = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        double residual = Math.rint(clipped(x[i], step, offset)) - clipped(x[i], step, offset);
        double position = clipped(x[i], movedStep, movedOffset);
        moved[i] = (position + residual) * movedStep + effective(movedStep, movedOffset);
      }
      return dot(upstream, moved);
    }

    private double clipped(double value, double s, double z) {
      double u = (value - effective(s, z)) / s;
      return Math.min(Math.max(u, spec.range().lowest()), spec.range().highest());
    }

    private double effective(double s, double z) {
      if (spec.offset() != OffsetMode.INTEGER) {
        return z;
      }
      double residual = Math.rint(offset / step) - offset / step;
      return (z / s + residual) * s;
    }
  }

  private static FakeQuantizer quantizer(QuantizerSpec spec, double step, double offset) {
    return new FakeQuantizer(
        spec, ChannelLayout.PER_TENSOR, new double[] {step}, new double[] {offset});
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
