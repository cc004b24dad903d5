package org.lsq4j.deploy.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.quantizer.ChannelLayout;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;
import org.lsq4j.quantizer.FakeQuantizer;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerSpec;

class QuantizerTest {

  @ParameterizedTest
  @CsvSource({
    "8, SIGNED, NONE, 0",
    "3, SIGNED, INTEGER, -5",
    "4, UNSIGNED, INTEGER, 3",
    "2, SIGNED, REAL, 0.37",
    "1, UNSIGNED, NONE, 0"
  })
  void codesAndValuesAreThoseOfTheTheory(int bits, CodeSign sign, OffsetMode mode, float offset) {
    float step = 0.1234f;
    Quantizer quantizer = new Quantizer(bits, sign, CodeSpan.FULL, step, new Offset(mode, offset));
    FakeQuantizer theory =
        new FakeQuantizer(
            QuantizerSpec.activations(bits, sign).withOffset(mode),
            ChannelLayout.PER_TENSOR,
            new double[] {step},
            new double[] {(double) offset * step});
    Random random = new Random(bits);
    for (int i = 0; i < 1000; i++) {
      float x = (float) random.nextGaussian() * step * (1 << bits);
      int code = theory.quantize(new double[] {x})[0];
      assertEquals(code, quantizer.encode(x), "code of " + x);
      assertEquals(theory.dequantize(new int[] {code})[0], quantizer.decode(code), 1e-6);
    }
  }

  @Test
  void halvesAreRoundedToEven() {
    Quantizer quantizer = new Quantizer(4, CodeSign.SIGNED, CodeSpan.FULL, 1, Offset.NONE);
    assertEquals(0, quantizer.encode(0.5f));
    assertEquals(2, quantizer.encode(1.5f));
    assertEquals(-2, quantizer.encode(-2.5f));
    assertEquals(7, quantizer.encode(Float.POSITIVE_INFINITY));
  }

  @ParameterizedTest
  @ValueSource(
      floats = {0, -1, Float.NaN, Float.POSITIVE_INFINITY, Float.MIN_VALUE, Float.MAX_VALUE})
  void stepsThatCannotBeDividedByAreRefused(float step) {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Quantizer(4, CodeSign.SIGNED, CodeSpan.FULL, step, Offset.NONE));
  }

  @Test
  void offsetsMustSuitTheirMode() {
    assertThrows(IllegalArgumentException.class, () -> new Offset(OffsetMode.NONE, 1));
    assertThrows(IllegalArgumentException.class, () -> new Offset(OffsetMode.INTEGER, 0.5f));
    assertThrows(IllegalArgumentException.class, () -> Offset.integer(40_000));
    assertThrows(IllegalArgumentException.class, () -> Offset.real(Float.NaN));
    assertEquals(-32768, Offset.integer(-32768).steps());
  }
}
