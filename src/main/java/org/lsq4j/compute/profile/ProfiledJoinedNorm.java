package org.lsq4j.compute.profile;

import java.util.List;
import java.util.stream.IntStream;
import org.lsq4j.compute.BatchNormGradients;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.JoinedNormKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.SumUpstream;
import org.lsq4j.compute.TensorForm;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Counts the calls of a joined batch normalization. */
final class ProfiledJoinedNorm implements JoinedNormKernel {

  private final JoinedNormKernel kernel;
  private final KernelRecorder recorder;

  ProfiledJoinedNorm(JoinedNormKernel kernel, KernelRecorder recorder) {
    this.kernel = kernel;
    this.recorder = recorder;
  }

  @Override
  public boolean fits(INDArray x) {
    return kernel.fits(x);
  }

  @Override
  public void statistics(Normalized input) {
    recorder.run(KernelKind.JOINED_NORM_FORWARD, () -> kernel.statistics(input));
  }

  @Override
  public Operand quantize(Normalized input, QuantizerTensors quantizer) {
    Operand operand =
        recorder.call(KernelKind.JOINED_NORM_FORWARD, () -> kernel.quantize(input, quantizer));
    return new ProfiledOperand(operand, input.x().array(), quantizer);
  }

  @Override
  public void rectify(Normalized input, Rectifier rectifier, FormedTensor y) {
    recorder.run(KernelKind.JOINED_NORM_FORWARD, () -> kernel.rectify(input, rectifier, y));
  }

  @Override
  public void backpropRectifier(Normalized input, FormedTensor dy) {
    recorder.run(KernelKind.JOINED_NORM_BACKWARD, () -> kernel.backpropRectifier(input, dy));
  }

  @Override
  public List<Operand> add(Normalized input, Sum sum, List<QuantizerTensors> quantizers) {
    List<Operand> operands =
        recorder.call(KernelKind.JOINED_NORM_FORWARD, () -> kernel.add(input, sum, quantizers));
    return IntStream.range(0, operands.size())
        .<Operand>mapToObj(
            i -> new ProfiledOperand(operands.get(i), sum.y().array(), quantizers.get(i)))
        .toList();
  }

  @Override
  public void backpropQuantizer(
      Normalized input, FormedTensor upstream, QuantizerGradients gradients) {
    recorder.run(
        KernelKind.JOINED_NORM_BACKWARD,
        () -> kernel.backpropQuantizer(input, upstream, gradients));
  }

  @Override
  public void backpropSum(Normalized input, FormedTensor y, SumUpstream upstream, FormedTensor dv) {
    recorder.run(KernelKind.JOINED_NORM_BACKWARD, () -> kernel.backpropSum(input, y, upstream, dv));
  }

  @Override
  public void backward(
      Normalized input, FormedTensor dy, TensorForm form, BatchNormGradients gradients) {
    recorder.run(
        KernelKind.JOINED_NORM_BACKWARD, () -> kernel.backward(input, dy, form, gradients));
  }
}
