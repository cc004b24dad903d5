package org.lsq4j.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The oracle and the initializers against independently computed vectors. */
class GoldenVectorsTest {

  private static final double TOLERANCE = 1e-12;

  static List<GoldenVectors.Case> cases() {
    return GoldenVectors.cases();
  }

  static List<GoldenVectors.InitializerCase> initializerCases() {
    return GoldenVectors.initializerCases();
  }

  @Test
  void allCasesAreRead() {
    assertEquals(33, cases().size());
    assertEquals(8, initializerCases().size());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void codeRange(GoldenVectors.Case golden) {
    assertEquals(new CodeRange(golden.n(), golden.p()), golden.spec().range());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void forward(GoldenVectors.Case golden) {
    FakeQuantizer quantizer = quantizer(golden);
    assertArrayEquals(golden.codes(), quantizer.quantize(golden.x()));
    assertClose(golden.xHat(), quantizer.forward(golden.x()));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void backward(GoldenVectors.Case golden) {
    FakeQuantizer.Gradients gradients =
        quantizer(golden).backward(golden.x(), golden.upstream(), golden.gradientScale());
    assertClose(golden.gradX(), gradients.input());
    assertClose(golden.gradStep(), gradients.step());
    if (golden.learnedOffset()) {
      assertClose(golden.gradOffset(), gradients.offset());
    } else {
      assertArrayEquals(new double[golden.step().length], gradients.offset());
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientScale(GoldenVectors.Case golden) {
    QuantizerSpec spec = golden.spec();
    double scale =
        spec.gradientScale().of(golden.elementsPerStep(), golden.examples(), spec.range());
    assertEquals(golden.gradientScale(), scale, TOLERANCE * scale);
  }

  @ParameterizedTest
  @MethodSource("initializerCases")
  void lsq(GoldenVectors.InitializerCase golden) {
    assertClose(golden.lsqStep(), 0, initialize(golden, golden.spec(), InitializerKind.LSQ));
  }

  @ParameterizedTest
  @MethodSource("initializerCases")
  void lsqPlusWeights(GoldenVectors.InitializerCase golden) {
    // The vectors hold the formula for unsigned values too, which the formula is not meant for.
    QuantizerSpec signed = golden.spec().withSign(CodeSign.SIGNED);
    assertClose(
        golden.lsqPlusWeightStep(), 0, initialize(golden, signed, InitializerKind.LSQ_PLUS));
  }

  @ParameterizedTest
  @MethodSource("initializerCases")
  void minMax(GoldenVectors.InitializerCase golden) {
    QuantizerSpec spec = golden.spec().withOffset(OffsetMode.REAL);
    assertClose(
        golden.minMaxStep(),
        golden.minMaxOffset(),
        initialize(golden, spec, InitializerKind.MIN_MAX));
  }

  @ParameterizedTest
  @MethodSource("initializerCases")
  void leastSquaredErrorIsNoWorseThanFineGrid(GoldenVectors.InitializerCase golden) {
    StepAndOffset found = initialize(golden, golden.spec(), InitializerKind.MSE);
    double error = QuantizationErrors.meanSquared(golden.values(), golden.spec(), found);
    assertTrue(
        error <= golden.symmetricMseGridBestError() * (1 + 1e-6),
        () -> error + " > " + golden.symmetricMseGridBestError());
  }

  private static FakeQuantizer quantizer(GoldenVectors.Case golden) {
    return new FakeQuantizer(golden.spec(), golden.layout(), golden.step(), golden.offset());
  }

  private static StepAndOffset initialize(
      GoldenVectors.InitializerCase golden, QuantizerSpec spec, InitializerKind kind) {
    return Initializers.initialize(
        golden.sample(), spec.withInitializer(kind), QuantizerRole.WEIGHT);
  }

  private static void assertClose(double step, double offset, StepAndOffset actual) {
    assertClose(new double[] {step, offset}, new double[] {actual.step(), actual.offset()});
  }

  private static void assertClose(double[] expected, double[] actual) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], TOLERANCE * Math.max(1, Math.abs(expected[i])));
    }
  }
}
