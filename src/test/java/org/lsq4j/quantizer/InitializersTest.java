package org.lsq4j.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class InitializersTest {

  private static final QuantizerSpec SIGNED = QuantizerSpec.activations(4, CodeSign.SIGNED);
  private static final QuantizerSpec UNSIGNED = QuantizerSpec.activations(4, CodeSign.UNSIGNED);
  private static final int COUNT = 10_000;

  /** Every valid specification: bits, sign, offset and initializer. */
  static List<QuantizerSpec> specs() {
    List<QuantizerSpec> specs = new ArrayList<>();
    for (int bits : new int[] {1, 2, 3, 4, 8}) {
      for (CodeSign sign : CodeSign.values()) {
        for (OffsetMode offset : OffsetMode.values()) {
          for (InitializerKind kind : InitializerKind.values()) {
            if (bits > 1 || sign == CodeSign.UNSIGNED) {
              addIfValid(specs, bits, sign, offset, kind);
            }
          }
        }
      }
    }
    return specs;
  }

  private static void addIfValid(
      List<QuantizerSpec> specs, int bits, CodeSign sign, OffsetMode offset, InitializerKind kind) {
    if (offset == OffsetMode.NONE || kind != InitializerKind.KL) {
      specs.add(QuantizerSpec.activations(bits, sign).withInitializer(kind).withOffset(offset));
    }
  }

  @ParameterizedTest
  @MethodSource("specs")
  void noDataGivesAnUnusableStep(QuantizerSpec spec) {
    double[] rareOutlier = new double[3 * CalibrationSample.CAPACITY];
    rareOutlier[rareOutlier.length - 1] = 3;
    double[][] awkward = {
      {0},
      {5},
      {-5},
      {0, 0, 0},
      {-2, -1},
      {1e-45, 0},
      {-1e-45, 0},
      {1e-320, 0},
      {3e38, -3e38},
      {1000, 1000.0001},
      {0, 0, 0, 1},
      {-1, 0, 0, 0},
      {-Float.MIN_VALUE, Float.MIN_VALUE},
      {1, -1, 1e-30},
      rareOutlier
    };
    for (double[] values : awkward) {
      for (QuantizerRole role : QuantizerRole.values()) {
        StepAndOffset found = Initializers.initialize(RandomValues.sample(values), spec, role);
        float step = (float) found.step();
        assertTrue(step >= Float.MIN_NORMAL && Float.isFinite(step), () -> "step " + step);
        assertTrue(Float.isFinite((float) found.offset()), () -> "offset " + found.offset());
        assertTrue(spec.learnsOffset() || found.offset() == 0);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("specs")
  void constantsAreRepresentedExactly(QuantizerSpec spec) {
    for (double constant : new double[] {0, 3, -3, 1e-3, 1e6}) {
      if (constant < 0 && spec.sign() == CodeSign.UNSIGNED && !spec.learnsOffset()) {
        continue;
      }
      double[] values = {constant, constant, constant};
      CalibrationSample sample = RandomValues.sample(values);
      assertTrue(Initializers.isDegenerate(sample, spec));
      StepAndOffset found = Initializers.initialize(sample, spec, QuantizerRole.INPUT);
      double error = QuantizationErrors.meanSquared(values, spec, found);
      assertEquals(0, error, 1e-24 * constant * constant);
    }
  }

  @Test
  void fallbackOfConstants() {
    assertEquals(new StepAndOffset(1.0 / 7, 0), initialize(InitializerKind.LSQ, SIGNED, 0, 0));
    assertEquals(new StepAndOffset(2.0 / 7, 0), initialize(InitializerKind.LSQ, SIGNED, -2, -2));
    QuantizerSpec offset = SIGNED.withOffset(OffsetMode.REAL);
    assertEquals(new StepAndOffset(2.0 / 7, -2), initialize(InitializerKind.MSE, offset, -2, -2));
  }

  @Test
  void degenerateIsWhatTellsNoStep() {
    assertTrue(Initializers.isDegenerate(RandomValues.sample(1), SIGNED));
    assertTrue(Initializers.isDegenerate(RandomValues.sample(-1, -2, 0), UNSIGNED));
    assertFalse(Initializers.isDegenerate(RandomValues.sample(-1, -2, 0), SIGNED));
    assertFalse(
        Initializers.isDegenerate(
            RandomValues.sample(-1, -2, 0), UNSIGNED.withOffset(OffsetMode.REAL)));
  }

  @ParameterizedTest
  @EnumSource(InitializerKind.class)
  void anEmptySampleIsRefused(InitializerKind kind) {
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> initialize(kind, SIGNED));
    assertTrue(error.getMessage().contains("saw no values"), error.getMessage());
  }

  @Test
  void lsqLeavesTheOffsetAtZero() {
    QuantizerSpec spec = UNSIGNED.withOffset(OffsetMode.REAL);
    StepAndOffset found = initialize(InitializerKind.LSQ, spec, -1, 2, 3);
    assertEquals(new StepAndOffset(2 * 2 / Math.sqrt(15), 0), found);
  }

  @Test
  void lsqPlusSearchesForActivationsAndForUnsignedWeights() {
    double[] values = RandomValues.gaussian(1, 1_000);
    CalibrationSample sample = RandomValues.sample(values);
    QuantizerSpec spec = SIGNED.withOffset(OffsetMode.REAL);
    assertEquals(
        initialize(InitializerKind.MSE, spec, values),
        Initializers.initialize(
            sample, spec.withInitializer(InitializerKind.LSQ_PLUS), QuantizerRole.INPUT));
    assertEquals(
        initialize(InitializerKind.MSE, UNSIGNED, values),
        Initializers.initialize(
            sample, UNSIGNED.withInitializer(InitializerKind.LSQ_PLUS), QuantizerRole.WEIGHT));
  }

  @Test
  void lsqPlusWeightsCoverThreeDeviations() {
    // mu = 1, sigma = 2: |mu + 3 sigma| = 7
    StepAndOffset found =
        Initializers.initialize(
            RandomValues.sample(-1, 3),
            SIGNED.withInitializer(InitializerKind.LSQ_PLUS),
            QuantizerRole.WEIGHT);
    assertEquals(7.0 / 8, found.step(), 1e-12);
  }

  @ParameterizedTest
  @CsvSource({
    // lowest, highest, step of a signed 4 bit window -8 s .. 7 s
    "-8, 7, 1",
    "-16, 7, 2",
    "-8, 14, 2",
    "2, 7, 1",
    "-8, -4, 1"
  })
  void minMaxWithoutOffsetReachesBothExtremes(double lowest, double highest, double step) {
    assertEquals(
        new StepAndOffset(step, 0), initialize(InitializerKind.MIN_MAX, SIGNED, lowest, highest));
  }

  @Test
  void minMaxOfUnsignedCodesReachesTheLargest() {
    assertEquals(
        new StepAndOffset(2, 0), initialize(InitializerKind.MIN_MAX, UNSIGNED, -100, 1, 30));
  }

  @Test
  void minMaxWithOffsetIsTheWindowForEitherSign() {
    for (QuantizerSpec spec : List.of(SIGNED, UNSIGNED)) {
      QuantizerSpec learned = spec.withOffset(OffsetMode.REAL);
      StepAndOffset found = initialize(InitializerKind.MIN_MAX, learned, 10, 25);
      CodeRange range = spec.range();
      assertEquals(10, found.offset() + range.lowest() * found.step(), 1e-12);
      assertEquals(25, found.offset() + range.highest() * found.step(), 1e-12);
    }
  }

  @Test
  void percentileLeavesOutOneInAThousand() {
    // 0 .. 9999: half of 0.1 % on both sides, or all of it on the upper one.
    double[] ramp = new double[COUNT];
    Arrays.setAll(ramp, i -> i);
    StepAndOffset window =
        initialize(InitializerKind.PERCENTILE, UNSIGNED.withOffset(OffsetMode.REAL), ramp);
    assertEquals(4.5, window.offset(), 1);
    assertEquals(COUNT - 5.5, window.offset() + 15 * window.step(), 1);
    assertEquals(
        COUNT - 10.5, 15 * initialize(InitializerKind.PERCENTILE, UNSIGNED, ramp).step(), 1);
    assertEquals(COUNT - 5.5, 7 * initialize(InitializerKind.PERCENTILE, SIGNED, ramp).step(), 1);
  }

  @Test
  void percentileOfNearlyConstantDataFallsBackToMinMax() {
    double[] sparse = new double[COUNT];
    sparse[17] = 30;
    assertEquals(new StepAndOffset(2, 0), initialize(InitializerKind.PERCENTILE, UNSIGNED, sparse));
  }

  @ParameterizedTest
  @EnumSource(names = {"PERCENTILE", "MSE", "KL"})
  void outliersAreClipped(InitializerKind kind) {
    double[] values = RandomValues.laplace(3, COUNT);
    values[0] = 40;
    values[1] = -40;
    double minMax = initialize(InitializerKind.MIN_MAX, SIGNED, values).step();
    double step = initialize(kind, SIGNED, values).step();
    assertTrue(step < 0.6 * minMax && step > 0.02 * minMax, () -> step + " of " + minMax);
  }

  @Test
  void theSameDataGivesTheSameResult() {
    double[] values = RandomValues.gaussian(9, 40_000);
    QuantizerSpec spec = SIGNED.withOffset(OffsetMode.REAL);
    StepAndOffset first = initialize(InitializerKind.MSE, spec, values);
    StepAndOffset second = initialize(InitializerKind.MSE, spec, values);
    assertArrayEquals(
        new double[] {first.step(), first.offset()}, new double[] {second.step(), second.offset()});
  }

  private static StepAndOffset initialize(
      InitializerKind kind, QuantizerSpec spec, double... values) {
    return Initializers.initialize(
        RandomValues.sample(values), spec.withInitializer(kind), QuantizerRole.INPUT);
  }
}
