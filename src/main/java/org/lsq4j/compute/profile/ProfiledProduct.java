package org.lsq4j.compute.profile;

import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.Operand;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Counts the calls of a matrix product. */
final class ProfiledProduct implements LinearKernel {

  private final LinearKernel kernel;
  private final KernelRecorder recorder;

  ProfiledProduct(LinearKernel kernel, KernelRecorder recorder) {
    this.kernel = kernel;
    this.recorder = recorder;
  }

  @Override
  public void forward(Operand x, Operand weights, INDArray bias, INDArray y) {
    Operand input = ProfiledOperand.of(x).operand();
    Operand w = ProfiledOperand.of(weights).operand();
    recorder.run(KernelKind.MATRIX_PRODUCT_FORWARD, () -> kernel.forward(input, w, bias, y));
  }

  @Override
  public void backward(Operand x, Operand weights, INDArray dy, LinearGradients gradients) {
    Operand input = ProfiledOperand.of(x).operand();
    Operand w = ProfiledOperand.of(weights).operand();
    recorder.run(
        KernelKind.MATRIX_PRODUCT_BACKWARD, () -> kernel.backward(input, w, dy, gradients));
  }
}
