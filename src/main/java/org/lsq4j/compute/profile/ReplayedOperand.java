package org.lsq4j.compute.profile;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.FakeQuantizeKernel;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.ReusedMemory;
import org.lsq4j.compute.TensorForm;
import org.lsq4j.compute.profile.ConvolutionCall.Source;
import org.lsq4j.quantizer.CodeRange;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A random tensor, quantized or not, as a fresh operand as often as one is needed. */
final class ReplayedOperand {

  private static final long SEED = 1;

  private final INDArray tensor;
  private final QuantizerTensors quantizer;
  private final FakeQuantizeKernel kernel;
  private final ReusedMemory memory = new ReusedMemory();

  private ReplayedOperand(
      INDArray tensor, QuantizerTensors quantizerOrNull, FakeQuantizeKernel kernel) {
    this.tensor = tensor;
    this.quantizer = quantizerOrNull;
    this.kernel = kernel;
  }

  /**
   * Makes the tensor: plain values between -1 and 1, or such that all codes occur.
   *
   * @param engine makes the kernel of the quantizer
   * @param source the shape
   * @param snapshotOrNull the quantizer; null for plain values
   * @param type element type
   */
  static ReplayedOperand of(
      ComputeEngine engine, Source source, QuantizerSnapshot snapshotOrNull, DataType type) {
    if (snapshotOrNull == null) {
      return new ReplayedOperand(random(type, -1, 1, source.sizes()), null, null);
    }
    CodeRange codes = snapshotOrNull.spec().range();
    double step = snapshotOrNull.step().get(0);
    double offset = snapshotOrNull.offset().isEmpty() ? 0 : snapshotOrNull.offset().get(0);
    INDArray values =
        random(
            type, codes.lowest() * step + offset, codes.highest() * step + offset, source.sizes());
    return new ReplayedOperand(values, snapshotOrNull.tensors(type), engine.fakeQuantize());
  }

  /** A row-major tensor of evenly distributed numbers, always the same ones. */
  static INDArray random(DataType type, double from, double to, long... shape) {
    SplittableRandom random = new SplittableRandom(SEED);
    float[] values = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b))];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(from, to);
    }
    return Nd4j.createFromArray(values).castTo(type).reshape('c', shape);
  }

  /** The tensor before its quantizer. */
  INDArray tensor() {
    return tensor;
  }

  /**
   * An operand that nobody has read yet: one may keep what it has computed. Ends the last one.
   *
   * @param form of the tensor if there is no quantizer
   */
  Operand fresh(TensorForm form) {
    memory.rewind();
    return quantizer == null
        ? new FormedTensor(tensor, form)
        : kernel.forward(tensor, quantizer, memory);
  }
}
