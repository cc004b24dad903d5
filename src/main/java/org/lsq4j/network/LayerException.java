package org.lsq4j.network;

import java.util.Objects;
import org.lsq4j.quantizer.CodeSign;

/**
 * What an exceptional layer gets. Of several exceptions for one layer the later one counts, choice
 * by choice.
 *
 * @param keepFloat whether the layer is not quantized at all
 * @param weightBits bits of its weights, or null as the policy says
 * @param inputBits bits of its input, or null as the policy says
 * @param choices what else differs, {@link QuantizerChoices#NONE} if nothing
 */
public record LayerException(
    Boolean keepFloat, Integer weightBits, Integer inputBits, QuantizerChoices choices) {

  /** No exception. */
  static final LayerException NONE = new LayerException(false, null, null, QuantizerChoices.NONE);

  /** The layer stays float. */
  public static final LayerException FLOAT =
      new LayerException(true, null, null, QuantizerChoices.NONE);

  /** Checks the bits. */
  public LayerException {
    Objects.requireNonNull(choices, "choices");
    keepFloat = keepFloat != null && keepFloat;
    boolean hasQuantizers =
        weightBits != null || inputBits != null || !choices.equals(QuantizerChoices.NONE);
    if (keepFloat && hasQuantizers) {
      throw new IllegalArgumentException("A layer that stays float has no bits and no quantizers");
    }
    if (weightBits != null) {
      BitWidths.require("weight", weightBits, CodeSign.SIGNED);
    }
    if (inputBits != null) {
      BitWidths.require("input", inputBits, CodeSign.UNSIGNED);
    }
  }

  /** The layer has these bits. */
  public static LayerException bits(int weightBits, int inputBits) {
    return new LayerException(false, weightBits, inputBits, QuantizerChoices.NONE);
  }

  /** The layer has the policy's bits, but other quantizers. */
  public static LayerException of(QuantizerChoices choices) {
    return new LayerException(false, null, null, choices);
  }

  /** This exception with other quantizers. */
  public LayerException with(QuantizerChoices newChoices) {
    return new LayerException(keepFloat, weightBits, inputBits, newChoices);
  }

  /** This exception where it says something, else an earlier one for the same layer. */
  LayerException over(LayerException earlier) {
    if (keepFloat || earlier.keepFloat) {
      return this;
    }
    return new LayerException(
        false,
        weightBits == null ? earlier.weightBits : weightBits,
        inputBits == null ? earlier.inputBits : inputBits,
        choices.orElse(earlier.choices));
  }
}
