package org.lsq4j.compute.onednn;

import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.lsq4j.compute.Operand;
import org.lsq4j.quantizer.CodeRange;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What the fused quantizer made of a tensor: its integer codes, one byte an element in the tensor's
 * memory order, and its real values, each computed when first asked for. Without offset.
 */
final class QuantizedOperand implements Operand {

  private final long[] shape;
  private final CodeRange range;
  private final float[] steps;
  private final Supplier<BytePointer> quantize;
  private final Supplier<INDArray> fakeQuantize;
  private BytePointer codes;
  private INDArray values;

  /**
   * An operand.
   *
   * @param shape sizes of the tensor, row major
   * @param range the codes that can occur
   * @param steps one step, or one for each output channel
   * @param quantize makes the codes: unsigned bytes if the range starts at 0, else signed ones
   * @param fakeQuantize makes the real values
   */
  QuantizedOperand(
      long[] shape,
      CodeRange range,
      float[] steps,
      Supplier<BytePointer> quantize,
      Supplier<INDArray> fakeQuantize) {
    this.shape = shape;
    this.range = range;
    this.steps = steps;
    this.quantize = quantize;
    this.fakeQuantize = fakeQuantize;
  }

  BytePointer codes() {
    if (codes == null) {
      codes = quantize.get();
    }
    return codes;
  }

  long[] shape() {
    return shape;
  }

  boolean isSigned() {
    return range.lowest() < 0;
  }

  /** The largest absolute code. */
  int reach() {
    return Math.max(-range.lowest(), range.highest());
  }

  float[] steps() {
    return steps;
  }

  @Override
  public INDArray values() {
    if (values == null) {
      values = fakeQuantize.get();
    }
    return values;
  }
}
