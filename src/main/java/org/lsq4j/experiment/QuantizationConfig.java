package org.lsq4j.experiment;

import org.lsq4j.data.NormalizationKind;
import org.lsq4j.network.CodesChoice;
import org.lsq4j.network.OffsetChoice;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.QuantizerChoices;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.GradientScale;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.InitializerKind;
import org.lsq4j.quantizer.OffsetMode;

/**
 * What kind of quantizers a network gets. Fields are null where the file says nothing, until the
 * defaults are filled in.
 *
 * @param granularity of weights: {@code per-tensor} or {@code per-channel}; inputs are always per
 *     tensor
 * @param offset of inputs: {@code auto} (LSQ+ where the activation before is not symmetric, else
 *     LSQ), {@code auto-integer}, {@code none} (LSQ), {@code real} or {@code integer} (LSQ+)
 * @param codes of inputs inside the network: {@code auto}, {@code signed} or {@code unsigned}
 * @param weightOffset of weights: {@code none}, {@code real} or {@code integer}
 * @param initializer one for all quantizers instead of the choice by bits and offset: {@code lsq},
 *     {@code lsq-plus}, {@code min-max}, {@code percentile}, {@code mse}, {@code kl}
 * @param gradientScale of step sizes: {@code per-sample}, {@code per-batch}, {@code without-range}
 *     or {@code none}
 * @param edgeBits fewest bits of the first and the last layer
 * @param networkInput whether the images can be negative after normalization: {@code auto}, {@code
 *     signed}, {@code unsigned}
 */
public record QuantizationConfig(
    Granularity granularity,
    OffsetChoice offset,
    CodesChoice codes,
    OffsetMode weightOffset,
    InitializerKind initializer,
    GradientScale gradientScale,
    Integer edgeBits,
    NetworkInput networkInput) {

  /** What is known of the sign of the network's input. */
  public enum NetworkInput {
    /** Signed, unless the normalization leaves pixels as they are or scales them to 0 to 1. */
    AUTO,
    /** Can be negative. */
    SIGNED,
    /** Cannot be negative. */
    UNSIGNED;

    CodeSign sign(NormalizationKind normalization) {
      return switch (this) {
        case SIGNED -> CodeSign.SIGNED;
        case UNSIGNED -> CodeSign.UNSIGNED;
        case AUTO ->
            normalization == NormalizationKind.STANDARDIZE ? CodeSign.SIGNED : CodeSign.UNSIGNED;
      };
    }
  }

  /** Puts everything but bits and exceptions into a policy. */
  void applyTo(QuantizationPolicy.Builder policy, NormalizationKind normalization) {
    policy.choices(choices()).networkInput(networkInput.sign(normalization));
    try {
      policy.edgeBits(edgeBits);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("edgeBits: must be 2 to 8, got " + edgeBits, e);
    }
  }

  private QuantizerChoices choices() {
    return new QuantizerChoices(
        granularity, weightOffset, offset, codes, initializer, gradientScale, null);
  }
}
