package org.lsq4j.compute.onednn;

import java.util.Locale;
import org.lsq4j.compute.dnnl.DnnlRuntime;

/**
 * When a product of two quantized operands is computed on their integer codes. The sums are exact
 * in 32 bits; the question is whether the processor's instructions are.
 */
enum IntegerPolicy {
  /** Where it is exact. The default. */
  AUTO,
  /** Always: exactness is the caller's concern. */
  ALWAYS,
  /** Never: in float on the dequantized values. */
  NEVER;

  /** System property that holds one of these names. */
  static final String PROPERTY = "lsq4j.integer";

  /** Processors without VNNI add two products in 16 bits, with saturation. */
  private static final int PAIR_LIMIT = 32767;

  /** oneDNN adds 128 to signed inputs, so that they become unsigned. */
  private static final int SIGNED_INPUT_REACH = 255;

  /** The policy in force. */
  static IntegerPolicy current() {
    String name = System.getProperty(PROPERTY, "auto");
    try {
      return valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          PROPERTY + ": must be auto, always or never, got '" + name + "'", e);
    }
  }

  boolean allows(QuantizedOperand input, QuantizedOperand weights, String instructionSet) {
    return switch (this) {
      case ALWAYS -> true;
      case NEVER -> false;
      case AUTO -> isExact(input, weights, instructionSet);
    };
  }

  private static boolean isExact(
      QuantizedOperand input, QuantizedOperand weights, String instructionSet) {
    if (DnnlRuntime.sumsProductsExactly(instructionSet)) {
      return true;
    }
    int inputReach = input.isSigned() ? SIGNED_INPUT_REACH : input.reach();
    return 2 * inputReach * weights.reach() <= PAIR_LIMIT;
  }
}
