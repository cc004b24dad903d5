package org.lsq4j.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MseSearchTest {

  static List<QuantizerSpec> specs() {
    return List.of(
        QuantizerSpec.activations(2, CodeSign.SIGNED),
        QuantizerSpec.activations(4, CodeSign.SIGNED),
        QuantizerSpec.activations(8, CodeSign.SIGNED),
        QuantizerSpec.activations(1, CodeSign.UNSIGNED),
        QuantizerSpec.activations(2, CodeSign.UNSIGNED),
        QuantizerSpec.activations(4, CodeSign.UNSIGNED),
        QuantizerSpec.activations(8, CodeSign.UNSIGNED));
  }

  /** Gaussian, heavy-tailed, one-sided, SiLU-like and shifted data. */
  private static List<double[]> distributions() {
    double[] gaussian = RandomValues.gaussian(1, 4_000);
    double[] laplace = RandomValues.laplace(2, 4_000);
    return List.of(
        gaussian,
        map(laplace, v -> v * v * v),
        map(gaussian, v -> Math.max(v, 0)),
        map(gaussian, v -> v / (1 + Math.exp(-v))),
        map(laplace, v -> 100 + v));
  }

  @Test
  void errorIsThatOfTheOracle() {
    double[] values = RandomValues.gaussian(3, 1_000);
    for (QuantizerSpec spec : specs()) {
      QuantizerSpec learned = spec.withOffset(OffsetMode.REAL);
      StepAndOffset parameters = new StepAndOffset(0.37, 0.11);
      assertEquals(
          QuantizationErrors.meanSquared(values, learned, parameters),
          new MseSearch(values, spec.range()).error(0.37, 0.11),
          1e-12);
    }
  }

  @ParameterizedTest
  @MethodSource("specs")
  void stepIsAsGoodAsAFineGrid(QuantizerSpec spec) {
    for (double[] values : distributions()) {
      MseSearch search = new MseSearch(values, spec.range());
      double covering = initialize(values, spec, InitializerKind.MIN_MAX).step();
      double found = search.error(initialize(values, spec, InitializerKind.MSE).step(), 0);
      double best = Double.POSITIVE_INFINITY;
      for (int i = 1; i <= 2_000; i++) {
        best = Math.min(best, search.error(covering * 1.25 * i / 2_000, 0));
      }
      double grid = best;
      assertTrue(found <= grid * 1.005, () -> found + " against " + grid);
      assertTrue(found <= search.error(covering, 0));
    }
  }

  @ParameterizedTest
  @MethodSource("specs")
  void stepAndOffsetAreAsGoodAsAFineGrid(QuantizerSpec spec) {
    QuantizerSpec learned = spec.withOffset(OffsetMode.REAL);
    for (double[] values : distributions()) {
      MseSearch search = new MseSearch(values, spec.range());
      StepAndOffset covering = initialize(values, learned, InitializerKind.MIN_MAX);
      StepAndOffset parameters = initialize(values, learned, InitializerKind.MSE);
      double found = search.error(parameters.step(), parameters.offset());
      double minMax = search.error(covering.step(), covering.offset());
      double grid = Math.min(minMax, gridError(search, covering, spec.range()));
      assertTrue(found <= grid * 1.005, () -> found + " against " + grid + ", " + minMax);
    }
  }

  /** The deployed form: compared with what the forward pass makes of the unconstrained optimum. */
  @ParameterizedTest
  @MethodSource("specs")
  void integerOffsetsAreSearchedAsTheyAreUsed(QuantizerSpec spec) {
    QuantizerSpec real = spec.withOffset(OffsetMode.REAL);
    QuantizerSpec integer = spec.withOffset(OffsetMode.INTEGER);
    for (double[] values : distributions()) {
      StepAndOffset free = initialize(values, real, InitializerKind.MSE);
      StepAndOffset whole = initialize(values, integer, InitializerKind.MSE);
      double multiple = whole.offset() / whole.step();
      assertEquals(Math.rint(multiple), multiple, 1e-6);
      double lowest = QuantizationErrors.meanSquared(values, real, free);
      double rounded = QuantizationErrors.meanSquared(values, integer, free);
      double found = QuantizationErrors.meanSquared(values, integer, whole);
      assertTrue(found <= rounded * 1.0001, () -> found + " against rounding's " + rounded);
      assertTrue(found >= lowest * 0.97, () -> found + " against the free optimum " + lowest);
    }
  }

  /** z / s is 2.5 at the free optimum: rounding it alone shifts all levels by half a step. */
  @Test
  void theStepMakesUpForARoundedOffset() {
    QuantizerSpec spec =
        QuantizerSpec.activations(2, CodeSign.UNSIGNED).withOffset(OffsetMode.INTEGER);
    double[] values = IntStream.range(0, 3_000).mapToDouble(i -> 1.5 + i / 1_000.0).toArray();
    StepAndOffset free = initialize(values, spec.withOffset(OffsetMode.REAL), InitializerKind.MSE);
    assertEquals(2.5, free.offset() / free.step(), 0.05);
    StepAndOffset whole = initialize(values, spec, InitializerKind.MSE);
    double rounded = QuantizationErrors.meanSquared(values, spec, free);
    assertTrue(QuantizationErrors.meanSquared(values, spec, whole) < 0.8 * rounded);
  }

  private static double gridError(MseSearch search, StepAndOffset covering, CodeRange range) {
    double low = covering.offset() + range.lowest() * covering.step();
    double width = covering.step() * (range.highest() - range.lowest());
    double best = Double.POSITIVE_INFINITY;
    for (double share = 1; share > 0.01; share *= 0.95) {
      double step = covering.step() * share;
      for (int i = 0; i <= 60; i++) {
        double windowLow = low + width * (1 - share) * i / 60;
        best = Math.min(best, search.error(step, windowLow - range.lowest() * step));
      }
    }
    return best;
  }

  /**
   * The optimal uniform quantizer of a Gaussian with four levels: s = 0.9957, levels at odd
   * multiples of s / 2.
   */
  @Test
  void fourLevelsOfAGaussian() {
    QuantizerSpec spec = QuantizerSpec.activations(2, CodeSign.SIGNED).withOffset(OffsetMode.REAL);
    double[] values = RandomValues.gaussian(4, CalibrationSample.CAPACITY);
    StepAndOffset found = initialize(values, spec, InitializerKind.MSE);
    assertEquals(0.9957, found.step(), 0.03);
    assertEquals(0.498, found.offset(), 0.03);
    assertEquals(0.1188, QuantizationErrors.meanSquared(values, spec, found), 0.004);
  }

  /** 100 sigma away, one value of 16,384 costs less clipped than all the others rounded to zero. */
  @Test
  void oneFarOutlierIsClipped() {
    double[] values = RandomValues.gaussian(5, CalibrationSample.CAPACITY);
    values[0] = 100;
    for (OffsetMode mode : List.of(OffsetMode.NONE, OffsetMode.REAL)) {
      QuantizerSpec spec = QuantizerSpec.weights(2).withOffset(mode);
      StepAndOffset found = initialize(values, spec, InitializerKind.MSE);
      assertEquals(1, found.step(), 0.2, mode.name());
    }
  }

  private static StepAndOffset initialize(
      double[] values, QuantizerSpec spec, InitializerKind kind) {
    return Initializers.initialize(
        RandomValues.sample(values), spec.withInitializer(kind), QuantizerRole.INPUT);
  }

  private static double[] map(double[] values, DoubleUnaryOperator function) {
    return Arrays.stream(values).map(function).toArray();
  }
}
