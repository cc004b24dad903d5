package org.lsq4j.network;

import org.lsq4j.quantizer.CodeSign;

/**
 * What an exceptional layer gets.
 *
 * @param keepFloat whether the layer is not quantized at all
 * @param weightBits bits of its weights, or null as the policy says
 * @param inputBits bits of its input, or null as the policy says
 */
public record LayerException(Boolean keepFloat, Integer weightBits, Integer inputBits) {

  /** No exception. */
  static final LayerException NONE = new LayerException(false, null, null);

  /** The layer stays float. */
  public static final LayerException FLOAT = new LayerException(true, null, null);

  /** Checks the bits. */
  public LayerException {
    keepFloat = keepFloat != null && keepFloat;
    if (keepFloat && (weightBits != null || inputBits != null)) {
      throw new IllegalArgumentException("A layer that stays float has no bits");
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
    return new LayerException(false, weightBits, inputBits);
  }
}
