package org.lsq4j.compute;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * y = f(x) for every element, with one activation function f. Keeps nothing, but is not for use by
 * several threads.
 */
public interface ActivationKernel {

  /**
   * Computes y.
   *
   * @param x of any shape; not changed, unless it is y too
   * @param y result, of the same shape; overwritten
   */
  void forward(INDArray x, INDArray y);

  /**
   * Computes dL/dx = dL/dy f'(x), which is finite where x and dL/dy are.
   *
   * @param x as in the forward pass, not changed
   * @param dy dL/dy, not changed
   * @param dx dL/dx, overwritten
   */
  void backward(INDArray x, INDArray dy, INDArray dx);
}
