package org.lsq4j.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.lsq4j.compute.Tensors.Layout;
import org.lsq4j.quantizer.ChannelLayout;
import org.lsq4j.quantizer.FakeQuantizer;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One forward and backward pass of one quantizer, by an engine's kernel or by the oracle.
 *
 * @param xHat dequantized values
 * @param input dL/dx
 * @param step g dL/ds
 * @param offset g dL/dz; zeros without offset
 */
@SuppressWarnings("ArrayRecordComponent") // test data, read only
record FakeQuantizeRun(double[] xHat, double[] input, double[] step, double[] offset) {

  /**
   * What is quantized.
   *
   * @param channelAxis axis along which steps run; ignored per tensor
   */
  @SuppressWarnings("ArrayRecordComponent") // test data, read only
  record Problem(
      QuantizerSpec spec,
      long[] shape,
      int channelAxis,
      double[] x,
      double[] step,
      double[] offset,
      double[] upstream,
      double gradientScale) {

    ChannelLayout channels() {
      return spec.granularity() == Granularity.PER_TENSOR
          ? ChannelLayout.PER_TENSOR
          : ChannelLayout.ofAxis(shape, channelAxis);
    }

    /** What the sums for step and offset are small against: a code times all of the upstream. */
    double gradientMagnitude() {
      double sum = 0;
      for (double value : upstream) {
        sum += Math.abs(value);
      }
      return gradientScale * sum * Math.max(spec.range().highest(), -spec.range().lowest());
    }
  }

  static FakeQuantizeRun oracle(Problem problem) {
    FakeQuantizer quantizer =
        new FakeQuantizer(problem.spec, problem.channels(), problem.step, problem.offset);
    FakeQuantizer.Gradients gradients =
        quantizer.backward(problem.x, problem.upstream, problem.gradientScale);
    return new FakeQuantizeRun(
        quantizer.forward(problem.x), gradients.input(), gradients.step(), gradients.offset());
  }

  /** Runs a kernel with x and upstream in a layout, and asserts that it leaves x alone. */
  static FakeQuantizeRun kernel(
      FakeQuantizeKernel kernel, Problem problem, DataType type, Layout layout) {
    INDArray x = layout.arrange(Tensors.of(problem.x, type, problem.shape));
    INDArray upstream = layout.arrange(Tensors.of(problem.upstream, type, problem.shape));
    double[] before = Tensors.values(x);
    boolean learnsOffset = problem.spec.learnsOffset();
    INDArray offset = learnsOffset ? Tensors.vector(type, problem.offset) : null;
    INDArray step = Tensors.vector(type, problem.step);
    QuantizerTensors tensors =
        new QuantizerTensors(problem.spec, step, offset, problem.channelAxis);

    double[] xHat = Tensors.values(kernel.forward(x, tensors, new ReusedMemory()).values());
    // What the gradients held before must not matter.
    INDArray ds = step.dup();
    INDArray dz = learnsOffset ? offset.add(1) : null;
    kernel.backward(x, tensors, upstream, new QuantizerGradients(ds, dz, problem.gradientScale));

    assertArrayEquals(before, Tensors.values(x), "x was changed");
    return new FakeQuantizeRun(
        xHat,
        Tensors.values(upstream),
        Tensors.values(ds),
        learnsOffset ? Tensors.values(dz) : new double[problem.step.length]);
  }
}
