package org.lsq4j.compute.profile;

import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.TensorForm;
import org.lsq4j.compute.TensorForms;
import org.lsq4j.compute.profile.ConvolutionCall.Pass;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Counts the calls of a convolution. */
final class ProfiledConvolution implements LinearKernel {

  private final ConvolutionGeometry geometry;
  private final LinearKernel kernel;
  private final KernelRecorder recorder;

  ProfiledConvolution(ConvolutionGeometry geometry, LinearKernel kernel, KernelRecorder recorder) {
    this.geometry = geometry;
    this.kernel = kernel;
    this.recorder = recorder;
  }

  @Override
  public void forward(Operand x, Operand weights, INDArray bias, INDArray y) {
    forwardTo(x, weights, bias, FormedTensor.plain(y));
  }

  @Override
  public TensorForms forwardForms(Operand x, Operand weights) {
    return kernel.forwardForms(
        ProfiledOperand.of(x).operand(), ProfiledOperand.of(weights).operand());
  }

  @Override
  public void forwardTo(Operand x, Operand weights, INDArray bias, FormedTensor y) {
    ProfiledOperand input = ProfiledOperand.of(x);
    ProfiledOperand w = ProfiledOperand.of(weights);
    recorder.convolve(
        call(Pass.FORWARD, input, w, y, bias),
        input,
        w,
        () -> kernel.forwardTo(input.operand(), w.operand(), bias, y));
  }

  @Override
  public void backward(Operand x, Operand weights, INDArray dy, LinearGradients gradients) {
    backwardFrom(x, weights, FormedTensor.plain(dy), gradients);
  }

  @Override
  public TensorForms backwardForms(Operand x, Operand weights, INDArray bias) {
    return kernel.backwardForms(
        ProfiledOperand.of(x).operand(), ProfiledOperand.of(weights).operand(), bias);
  }

  @Override
  public void backwardFrom(Operand x, Operand weights, FormedTensor dy, LinearGradients gradients) {
    ProfiledOperand input = ProfiledOperand.of(x);
    ProfiledOperand w = ProfiledOperand.of(weights);
    recorder.convolve(
        call(pass(gradients), input, w, dy, gradients.bias()),
        input,
        w,
        () -> kernel.backwardFrom(input.operand(), w.operand(), dy, gradients));
  }

  private static Pass pass(LinearGradients gradients) {
    if (gradients.weights() == null) {
      return Pass.BACKWARD_INPUT;
    }
    return gradients.input() == null ? Pass.BACKWARD_WEIGHTS : Pass.BACKWARD;
  }

  private ConvolutionCall call(
      Pass pass,
      ProfiledOperand input,
      ProfiledOperand weights,
      FormedTensor output,
      INDArray biasOrNull) {
    return new ConvolutionCall(
        pass,
        geometry,
        input.source(),
        weights.source(),
        new TensorForms(input.form(), plainOrBlocks(output.form())),
        biasOrNull != null,
        input.tensor().dataType());
  }

  /** What is replayed: the factor of a rounded gradient is another one in each step. */
  static TensorForm plainOrBlocks(TensorForm form) {
    return form.equals(TensorForm.CHANNEL_BLOCKS) ? form : TensorForm.PLAIN;
  }
}
