package org.lsq4j.compute.onednn;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.Operand;
import org.lsq4j.quantizer.CodeRange;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What the fused quantizer made of a tensor: its integer codes, one byte an element in the order of
 * the tensor's memory, and its real values code * s + z, each computed when first asked for.
 */
final class QuantizedOperand implements Operand {

  private final INDArray source;
  private final Scale scale;
  private final Supplier<BytePointer> encode;
  private final Consumer<Pointer> decode;
  private final Supplier<INDArray> allocate;
  private BytePointer codes;
  private INDArray values;

  /**
   * From codes to values.
   *
   * @param range the codes that can occur
   * @param steps s: one, or one for each output channel
   * @param offset z; 0 where there are several steps
   */
  record Scale(CodeRange range, float[] steps, float offset) {}

  /**
   * An operand.
   *
   * @param source the tensor, dense
   * @param scale what its codes mean
   * @param encode makes the codes: unsigned bytes if the range starts at 0, else signed ones
   * @param decode writes the values; does not need the codes to be asked for
   * @param allocate makes an array for the values, which lie in it as the tensor's do
   */
  QuantizedOperand(
      INDArray source,
      Scale scale,
      Supplier<BytePointer> encode,
      Consumer<Pointer> decode,
      Supplier<INDArray> allocate) {
    this.source = source;
    this.scale = scale;
    this.encode = encode;
    this.decode = decode;
    this.allocate = allocate;
  }

  BytePointer codes() {
    if (codes == null) {
      codes = encode.get();
    }
    return codes;
  }

  /** The tensor that was quantized. */
  INDArray source() {
    return source;
  }

  boolean isSigned() {
    return scale.range.lowest() < 0;
  }

  /** That of the codes in memory. */
  memory.data_type codeType() {
    return isSigned() ? memory.data_type.s8 : memory.data_type.u8;
  }

  /** Whether it has one step and no offset: its values are codes times that step. */
  boolean isOnlyCodes() {
    return scale.steps.length == 1 && scale.offset == 0;
  }

  /** The largest absolute code. */
  int reach() {
    return Math.max(-scale.range.lowest(), scale.range.highest());
  }

  float[] steps() {
    return scale.steps;
  }

  float offset() {
    return scale.offset;
  }

  /** Writes the real values, in the order of the codes. */
  void writeValues(Pointer target) {
    decode.accept(target);
  }

  @Override
  public INDArray values() {
    if (values == null) {
      INDArray target = allocate.get();
      writeValues(DenseTensors.pointer(target));
      values = target;
    }
    return values;
  }
}
