package org.lsq4j.deploy.graph;

import java.util.Arrays;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;

/**
 * The weights of a convolution or dense layer: signed codes and their step sizes. Immutable.
 *
 * <p>Codes are stored [outputs, taps, input channels of a group], row major; a weight is code * s.
 */
public final class Weights {

  private final int bits;
  private final CodeSpan span;
  private final int outputs;
  private final byte[] codes;
  private final float[] steps;

  /**
   * Checks and copies.
   *
   * @param bits 2 to 8
   * @param span full or narrow range
   * @param outputs number of output channels
   * @param codes a multiple of {@code outputs} of them, each within its range
   * @param steps s: one, or one for each output channel
   */
  public Weights(int bits, CodeSpan span, int outputs, byte[] codes, float[] steps) {
    CodeRange range = CodeRange.of(bits, CodeSign.SIGNED, span);
    if (outputs < 1 || codes.length == 0 || codes.length % outputs != 0) {
      throw new IllegalArgumentException(
          codes.length + " weights are not a whole number for each of " + outputs + " outputs");
    }
    if (steps.length != 1 && steps.length != outputs) {
      throw new IllegalArgumentException(
          "weights need one step size or one for each of "
              + outputs
              + " outputs, got "
              + steps.length);
    }
    for (byte code : codes) {
      if (code < range.lowest() || code > range.highest()) {
        throw new IllegalArgumentException("weight code " + code + " is outside " + range);
      }
    }
    for (float step : steps) {
      Quantizer.requireStep(step);
    }
    this.bits = bits;
    this.span = span;
    this.outputs = outputs;
    this.codes = codes.clone();
    this.steps = steps.clone();
  }

  /** Bits of a code. */
  public int bits() {
    return bits;
  }

  /** Full or narrow range. */
  public CodeSpan span() {
    return span;
  }

  /** Number of output channels. */
  public int outputs() {
    return outputs;
  }

  /** Number of weights that make one output. */
  public int perOutput() {
    return codes.length / outputs;
  }

  /** Number of weights. */
  public int count() {
    return codes.length;
  }

  /** One code. */
  public int code(int output, int index) {
    return codes[output * perOutput() + index];
  }

  /** All codes; a copy. */
  public byte[] codes() {
    return codes.clone();
  }

  /** Whether each output channel has a step size of its own. */
  public boolean isPerChannel() {
    return steps.length > 1;
  }

  /** The step size of an output channel. */
  public float step(int output) {
    return steps[isPerChannel() ? output : 0];
  }

  /** All step sizes: one, or one for each output channel; a copy. */
  public float[] steps() {
    return steps.clone();
  }

  /** The largest sum of absolute codes that makes one output. */
  long reach() {
    long largest = 0;
    for (int output = 0; output < outputs; output++) {
      long sum = 0;
      for (int i = 0; i < perOutput(); i++) {
        sum += Math.abs(code(output, i));
      }
      largest = Math.max(largest, sum);
    }
    return largest;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Weights that
        && bits == that.bits
        && span == that.span
        && outputs == that.outputs
        && Arrays.equals(codes, that.codes)
        && Arrays.equals(steps, that.steps);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(codes) * 31 + Arrays.hashCode(steps);
  }

  @Override
  public String toString() {
    return outputs + " outputs of " + perOutput() + " weights of " + bits + " bits";
  }
}
