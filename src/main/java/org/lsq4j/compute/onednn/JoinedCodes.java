package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.ReusedMemory;
import org.lsq4j.quantizer.CodeRange;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The codes that a joined batch norm makes in the place of a quantizer with one step and no offset.
 * Their memory is kept from pass to pass.
 */
final class JoinedCodes {

  private final ReusedMemory valueMemory = new ReusedMemory();
  private TensorCoder coder;
  private NormLoops.Codes range;
  private ByteBuffer memory;
  private QuantizedOperand operand;

  /**
   * Gets ready for the codes of one pass.
   *
   * @param tensor of the shape of what is quantized
   */
  void prepare(INDArray tensor, QuantizerTensors quantizer) {
    CodeRange codes = quantizer.spec().range();
    float step = quantizer.step().getFloat(0);
    if (coder == null || !coder.fits(tensor.length(), codes)) {
      coder = new TensorCoder(tensor.length(), codes);
    }
    BytePointer pointer = coder.codesOf(step);
    range = new NormLoops.Codes(step, codes.lowest(), codes.highest());
    memory = pointer.capacity(tensor.length()).asBuffer().order(ByteOrder.nativeOrder());
    valueMemory.rewind();
    operand =
        new QuantizedOperand(
            tensor,
            new QuantizedOperand.Scale(codes, new float[] {step}, 0),
            () -> pointer,
            coder::decode,
            () -> valueMemory.allocate(tensor.dataType(), tensor.shape()));
  }

  /** Where the codes of this pass are to be written. */
  ByteBuffer memory() {
    return memory;
  }

  /** How they come from the values. */
  NormLoops.Codes range() {
    return range;
  }

  /** The codes of this pass, for who reads them. */
  QuantizedOperand operand() {
    return operand;
  }
}
