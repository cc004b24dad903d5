package org.lsq4j.compute;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where a {@link LinearKernel} writes its gradients, all overwritten.
 *
 * @param input dL/dx, or null if nobody asks
 * @param inputForm the form in which dL/dx is written
 * @param weights dL/dW, or null if nobody asks
 * @param bias dL/db, or null without bias; only together with dL/dW
 */
public record LinearGradients(
    INDArray input, TensorForm inputForm, INDArray weights, INDArray bias) {

  /** With a dL/dx as it is. */
  public LinearGradients(INDArray input, INDArray weights, INDArray bias) {
    this(input, TensorForm.PLAIN, weights, bias);
  }
}
