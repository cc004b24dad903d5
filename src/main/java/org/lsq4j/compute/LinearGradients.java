package org.lsq4j.compute;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where a {@link LinearKernel} writes its gradients, all overwritten.
 *
 * @param input dL/dx, or null if nobody asks
 * @param weights dL/dW
 * @param bias dL/db, or null without bias
 */
public record LinearGradients(INDArray input, INDArray weights, INDArray bias) {}
