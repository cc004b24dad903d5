package org.lsq4j.compute;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where a {@link LinearKernel} writes its gradients, all overwritten.
 *
 * @param input dL/dx, or null if nobody asks
 * @param weights dL/dW, or null if nobody asks
 * @param bias dL/db, or null without bias; only together with dL/dW
 */
public record LinearGradients(INDArray input, INDArray weights, INDArray bias) {}
