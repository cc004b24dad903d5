package org.lsq4j.quantizer;

import java.util.Objects;

/**
 * What kind of quantizer a tensor has. Immutable and validated; the values of s and z live
 * elsewhere (they are trained).
 *
 * <p>Start from {@link #weights(int)} or {@link #activations(int, CodeSign)}, which hold the
 * papers' choices, and change what differs: {@code
 * QuantizerSpec.weights(4).withGranularity(PER_CHANNEL)}.
 *
 * @param bits bit width: 2 to 8, or 1 when unsigned
 * @param sign whether codes can be negative
 * @param span full or narrow code range
 * @param granularity elements that share a step
 * @param offset learned offset or none
 * @param initializer how the first step is found
 * @param gradientScale which elements the factor on the step's gradient counts
 */
public record QuantizerSpec(
    int bits,
    CodeSign sign,
    CodeSpan span,
    Granularity granularity,
    OffsetMode offset,
    InitializerKind initializer,
    GradientScale gradientScale) {

  /** Checks that the parts fit together. */
  public QuantizerSpec {
    Objects.requireNonNull(sign, "sign");
    Objects.requireNonNull(span, "span");
    Objects.requireNonNull(granularity, "granularity");
    Objects.requireNonNull(offset, "offset");
    Objects.requireNonNull(initializer, "initializer");
    Objects.requireNonNull(gradientScale, "gradientScale");
    CodeRange.of(bits, sign, span);
    if (sign == CodeSign.UNSIGNED && span == CodeSpan.NARROW) {
      throw new IllegalArgumentException(
          "span: NARROW applies to signed codes only, but sign is UNSIGNED");
    }
    if (offset != OffsetMode.NONE && initializer == InitializerKind.KL) {
      throw new IllegalArgumentException(
          "initializer: KL finds no offset, but offset is "
              + offset
              + "; use MSE or MIN_MAX, or no offset");
    }
  }

  /**
   * Weights as in LSQ: signed, full span, one step for the tensor, no offset, LSQ's initial step.
   */
  public static QuantizerSpec weights(int bits) {
    return activations(bits, CodeSign.SIGNED);
  }

  /** Activations as in LSQ: one step for the tensor, no offset, LSQ's initial step. */
  public static QuantizerSpec activations(int bits, CodeSign sign) {
    return new QuantizerSpec(
        bits,
        sign,
        CodeSpan.FULL,
        Granularity.PER_TENSOR,
        OffsetMode.NONE,
        InitializerKind.LSQ,
        GradientScale.PER_SAMPLE);
  }

  private QuantizerSpec withSign(int newBits, CodeSign newSign) {
    return new QuantizerSpec(
        newBits, newSign, span, granularity, offset, initializer, gradientScale);
  }

  /** This specification with other bits. */
  public QuantizerSpec withBits(int newBits) {
    return withSign(newBits, sign);
  }

  /** This specification with signed or unsigned codes. */
  public QuantizerSpec withSign(CodeSign newSign) {
    return withSign(bits, newSign);
  }

  /** This specification with the full or narrow span. */
  public QuantizerSpec withSpan(CodeSpan newSpan) {
    return new QuantizerSpec(bits, sign, newSpan, granularity, offset, initializer, gradientScale);
  }

  /** This specification with another granularity. */
  public QuantizerSpec withGranularity(Granularity newGranularity) {
    return new QuantizerSpec(bits, sign, span, newGranularity, offset, initializer, gradientScale);
  }

  /** This specification with another offset mode. */
  public QuantizerSpec withOffset(OffsetMode newOffset) {
    return new QuantizerSpec(bits, sign, span, granularity, newOffset, initializer, gradientScale);
  }

  /** This specification with another initializer. */
  public QuantizerSpec withInitializer(InitializerKind newInitializer) {
    return new QuantizerSpec(bits, sign, span, granularity, offset, newInitializer, gradientScale);
  }

  /** This specification with another gradient scale. */
  public QuantizerSpec withGradientScale(GradientScale newGradientScale) {
    return new QuantizerSpec(bits, sign, span, granularity, offset, initializer, newGradientScale);
  }

  /** The codes this quantizer can produce. */
  public CodeRange range() {
    return CodeRange.of(bits, sign, span);
  }

  /** Whether an offset is learned. */
  public boolean learnsOffset() {
    return offset != OffsetMode.NONE;
  }

  /** A few words for tables and logs, such as {@code 4 bit unsigned, per tensor, offset real}. */
  public String describe() {
    StringBuilder text = new StringBuilder();
    text.append(bits).append(" bit ").append(lower(sign));
    if (span == CodeSpan.NARROW) {
      text.append(" narrow");
    }
    text.append(", ").append(lower(granularity));
    if (learnsOffset()) {
      text.append(", offset ").append(lower(offset));
    }
    return text.toString();
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
  }
}
