package org.lsq4j.layer.impl;

import java.util.List;
import org.lsq4j.compute.ActivationKernel;
import org.lsq4j.compute.SumKernel;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A rectifier alone, as the sum of one term.
 *
 * @param kernel sums and rectifies
 */
public record SumOfOne(SumKernel kernel) implements ActivationKernel {

  @Override
  public void forward(INDArray x, INDArray y) {
    kernel.forward(List.of(x), y);
  }

  /** From the input, not from the result: a layer behind may have overwritten that with dropout. */
  @Override
  public void backward(INDArray x, INDArray dy, INDArray dx) {
    kernel.backward(x, dy, List.of(dx));
  }
}
