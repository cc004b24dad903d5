package org.lsq4j.compute.nd4j;

import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.Operand;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** y = x W + b. */
final class Nd4jMatrixProduct implements LinearKernel {

  @Override
  public void forward(Operand x, Operand weights, INDArray bias, INDArray y) {
    Nd4j.matmul(x.values(), weights.values(), y);
    if (bias != null) {
      y.addiRowVector(bias);
    }
  }

  @Override
  public void backward(Operand x, Operand weights, INDArray dy, LinearGradients gradients) {
    if (gradients.input() != null) {
      Nd4j.matmul(dy, weights.values(), gradients.input(), false, true, false);
    }
    Nd4j.matmul(x.values(), dy, gradients.weights(), true, false, false);
    if (gradients.bias() != null) {
      dy.sum(gradients.bias(), 0);
    }
  }
}
