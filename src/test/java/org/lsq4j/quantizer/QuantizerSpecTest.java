package org.lsq4j.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizerSpecTest {

  @Test
  void presetsHoldThePapersChoices() {
    QuantizerSpec weights = QuantizerSpec.weights(3);
    assertEquals(new CodeRange(-4, 3), weights.range());
    assertEquals(InitializerKind.LSQ, weights.initializer());
    assertEquals(GradientScale.PER_SAMPLE, weights.gradientScale());
    assertFalse(weights.learnsOffset());
    assertEquals(new CodeRange(0, 7), QuantizerSpec.activations(3, CodeSign.UNSIGNED).range());
  }

  @Test
  void withersChangeOnePropertyOnly() {
    QuantizerSpec spec = QuantizerSpec.weights(4);
    assertEquals(spec, spec.withBits(8).withBits(4));
    assertEquals(spec, spec.withSign(CodeSign.UNSIGNED).withSign(CodeSign.SIGNED));
    assertEquals(spec, spec.withSpan(CodeSpan.NARROW).withSpan(CodeSpan.FULL));
    assertEquals(
        spec,
        spec.withGranularity(Granularity.PER_CHANNEL).withGranularity(Granularity.PER_TENSOR));
    assertEquals(spec, spec.withOffset(OffsetMode.REAL).withOffset(OffsetMode.NONE));
    assertEquals(
        spec, spec.withInitializer(InitializerKind.KL).withInitializer(InitializerKind.LSQ));
    assertEquals(
        spec,
        spec.withGradientScale(GradientScale.NONE).withGradientScale(GradientScale.PER_SAMPLE));
  }

  @ParameterizedTest
  @ValueSource(ints = {-3, 0, 1, 9})
  void impossibleBitsAreRefused(int bits) {
    String message = messageOf(() -> QuantizerSpec.weights(bits));
    assertTrue(message.startsWith("bits: " + bits), message);
  }

  @Test
  void oneUnsignedBitIsPossible() {
    assertEquals(2, QuantizerSpec.activations(1, CodeSign.UNSIGNED).range().levels());
  }

  @Test
  void narrowSpanNeedsSignedCodes() {
    QuantizerSpec spec = QuantizerSpec.activations(4, CodeSign.UNSIGNED);
    String message = messageOf(() -> spec.withSpan(CodeSpan.NARROW));
    assertTrue(message.startsWith("span: NARROW"), message);
  }

  @Test
  void klFindsNoOffset() {
    QuantizerSpec spec = QuantizerSpec.weights(4).withOffset(OffsetMode.REAL);
    String message = messageOf(() -> spec.withInitializer(InitializerKind.KL));
    assertTrue(message.startsWith("initializer: KL") && message.contains("use MSE"), message);
  }

  @Test
  void missingPropertiesAreNamed() {
    NullPointerException error =
        assertThrows(
            NullPointerException.class, () -> QuantizerSpec.weights(4).withGranularity(null));
    assertEquals("granularity", error.getMessage());
  }

  @Test
  void describesItself() {
    assertEquals(
        "4 bit signed narrow, per channel, offset integer",
        QuantizerSpec.weights(4)
            .withSpan(CodeSpan.NARROW)
            .withGranularity(Granularity.PER_CHANNEL)
            .withOffset(OffsetMode.INTEGER)
            .describe());
    assertEquals(
        "2 bit unsigned, per tensor", QuantizerSpec.activations(2, CodeSign.UNSIGNED).describe());
  }

  private static String messageOf(org.junit.jupiter.api.function.Executable action) {
    return assertThrows(IllegalArgumentException.class, action).getMessage();
  }
}
