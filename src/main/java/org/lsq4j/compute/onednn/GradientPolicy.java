package org.lsq4j.compute.onednn;

import java.util.Locale;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.compute.dnnl.DnnlRuntime;

/** With which precision the backward pass of a product of two quantized operands computes. */
enum GradientPolicy {
  /** In bfloat16 where the processor's products of such numbers are fast. The default. */
  AUTO,
  /**
   * Where the processor multiplies bfloat16 numbers, dL/dy is rounded to them; codes, whole numbers
   * of 8 bits at most, are exact in them, and sums are float.
   */
  BFLOAT16,
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
          PROPERTY + ": must be auto, bfloat16 or float, got '" + name + "'", e);
    }
  }

  boolean allows(QuantizedOperand x, QuantizedOperand weights) {
    return usesBfloat16(DnnlRuntime.get().instructionSet(), ProcessorVendor.current())
        && x.isOnlyCodes()
        && weights.isOnlyCodes();
  }

  /**
   * Whether it has products of bfloat16 numbers computed on a processor.
   *
   * @param instructionSet as {@link DnnlRuntime#instructionSet()} names it
   */
  boolean usesBfloat16(String instructionSet, ProcessorVendor vendor) {
    boolean matrixUnits = instructionSet.contains("amx");
    boolean possible = matrixUnits || instructionSet.contains("bf16");
    // Of the processors with vector instructions for it, AMD's take less time for them than for
    // those on floats, and Intel's twice as much.
    boolean fast = matrixUnits || vendor == ProcessorVendor.AMD;
    return switch (this) {
      case AUTO -> possible && fast;
      case BFLOAT16 -> possible;
      case FLOAT -> false;
    };
  }

  /** Whether it is worth it, given whether the float pass would take Winograd's algorithm. */
  static boolean isFaster(ConvolutionShape shape, WinogradPolicy winograd) {
    boolean floatIsFast = winograd.allows(shape) && shape.inChannels() >= ENOUGH_FOR_WINOGRAD;
    // Channels-first tensors would have to be reordered, which the conversion does slowly.
    return shape.geometry().format() == CNN2DFormat.NHWC && !floatIsFast;
  }
}
