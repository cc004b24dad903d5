package org.lsq4j.compute.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.QuantizerSpec;

/** The bounds between which a quantizer passes gradients are those of dividing by the step. */
class CodesGateTest {

  private static final int NEIGHBOURS = 4;

  static Stream<CodeRange> ranges() {
    return Stream.of(2, 3, 4, 8)
        .flatMap(
            bits ->
                Stream.of(CodeSign.values())
                    .map(sign -> QuantizerSpec.activations(bits, sign).range()));
  }

  @ParameterizedTest
  @MethodSource("ranges")
  void boundsAgreeWithDivision(CodeRange range) {
    Random random = new Random(5);
    for (int i = 0; i < 2000; i++) {
      float step = (float) Math.exp(10 * random.nextGaussian());
      NormLoops.Codes codes = new NormLoops.Codes(step, range.lowest(), range.highest());
      NormLoops.Gate gate = codes.gate(null);
      assertSameSide(codes, gate, gate.above());
      assertSameSide(codes, gate, gate.below());
    }
  }

  private static void assertSameSide(NormLoops.Codes codes, NormLoops.Gate gate, float bound) {
    float v = bound;
    for (int i = 0; i < NEIGHBOURS; i++) {
      v = Math.nextDown(v);
    }
    for (int i = 0; i <= 2 * NEIGHBOURS; i++) {
      float quotient = v / codes.step();
      // A number too small for the quotient to be one counts as positive.
      boolean isAbove = quotient > codes.lowest() || quotient == 0 && v > 0;
      assertEquals(isAbove, v > gate.above(), v + " / " + codes.step());
      assertEquals(quotient < codes.highest(), v < gate.below(), v + " / " + codes.step());
      v = Math.nextUp(v);
    }
  }

  /** Of a training that went wrong, which is told elsewhere. */
  @ParameterizedTest
  @ValueSource(floats = {0, Float.NaN, Float.POSITIVE_INFINITY, Float.MAX_VALUE, Float.MIN_VALUE})
  void anyStepHasBounds(float step) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          new NormLoops.Codes(step, 0, 255).gate(null);
          new NormLoops.Codes(step, -128, 127).gate(null);
        });
  }

  @Test
  void anOpenGatePassesAllNumbers() {
    NormLoops.Gate open = NormLoops.Gate.open(null);
    assertTrue(-Float.MAX_VALUE > open.above() && Float.MAX_VALUE < open.below());
  }
}
