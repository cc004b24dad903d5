package org.lsq4j.compute.nd4j;

import java.util.List;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.SumKernel;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Sums by ND4J operations. */
final class Nd4jSum implements SumKernel {

  private final Rectifier rectifier;

  Nd4jSum(Rectifier rectifier) {
    this.rectifier = rectifier;
  }

  @Override
  public void forward(List<INDArray> terms, INDArray y) {
    y.assign(terms.get(0));
    terms.stream().skip(1).forEach(y::addi);
    Rectification.apply(rectifier, y);
  }

  @Override
  public void backward(INDArray y, INDArray dy, List<INDArray> gradients) {
    Rectification.backprop(rectifier, y, dy, gradients.get(0));
    gradients.stream().skip(1).forEach(gradient -> gradient.assign(gradients.get(0)));
  }
}
