package org.lsq4j.compute.onednn;

import java.util.Locale;
import org.deeplearning4j.nn.conf.CNN2DFormat;

/** With which precision the backward pass of a product of two quantized operands computes. */
enum GradientPolicy {
  /**
   * Where the processor multiplies bfloat16 numbers, dL/dy is rounded to them; codes, whole numbers
   * of 8 bits at most, are exact in them, and sums are float. The default.
   */
  AUTO,
  /** In float, as a network without quantizers. */
  FLOAT;

  /** System property that holds one of these names. */
  static final String PROPERTY = "lsq4j.gradients";

  /** From so many channels on Winograd's algorithm in float is as fast. */
  private static final long ENOUGH_FOR_WINOGRAD = 64;

  /** The policy in force. */
  static GradientPolicy current() {
    String name = System.getProperty(PROPERTY, "auto");
    try {
      return valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          PROPERTY + ": must be auto or float, got '" + name + "'", e);
    }
  }

  boolean allows(QuantizedOperand x, QuantizedOperand weights, String instructionSet) {
    return this == AUTO
        && (instructionSet.contains("bf16") || instructionSet.contains("amx"))
        && isOnlyCodes(x)
        && isOnlyCodes(weights);
  }

  /** Whether it is worth it, given whether the float pass would take Winograd's algorithm. */
  static boolean isFaster(ConvolutionShape shape, WinogradPolicy winograd) {
    boolean floatIsFast = winograd.allows(shape) && shape.inChannels() >= ENOUGH_FOR_WINOGRAD;
    // Channels-first tensors would have to be reordered, which the conversion does slowly.
    return shape.geometry().format() == CNN2DFormat.NHWC && !floatIsFast;
  }

  /** Whether its values are codes times one step. */
  private static boolean isOnlyCodes(QuantizedOperand operand) {
    return operand.steps().length == 1 && operand.offset() == 0;
  }
}
