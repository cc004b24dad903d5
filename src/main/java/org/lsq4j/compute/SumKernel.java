package org.lsq4j.compute;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * y = r(x1 + ... + xn) with a {@link Rectifier} r: the addition at the end of a residual block, and
 * with one term an activation function. Keeps nothing, but is not for use by several threads.
 */
public interface SumKernel {

  /**
   * Computes y.
   *
   * @param terms one or more tensors of one shape; not changed, unless the first is y too
   * @param y result, of the same shape; overwritten
   */
  void forward(List<INDArray> terms, INDArray y);

  /**
   * Computes the gradient, the same for every term: dL/dy where r passed the sum, else 0.
   *
   * @param y the result of the forward pass; or the sum itself, which is positive where the result
   *     is
   * @param dy dL/dy, not changed
   * @param gradients one tensor for each term, overwritten
   */
  void backward(INDArray y, INDArray dy, List<INDArray> gradients);
}
