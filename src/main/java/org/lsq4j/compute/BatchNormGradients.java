package org.lsq4j.compute;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where a {@link BatchNormKernel} writes its gradients, all overwritten.
 *
 * @param input dL/dx, of x's shape
 * @param gamma dL/dgamma, [channels]
 * @param beta dL/dbeta, [channels]
 */
public record BatchNormGradients(INDArray input, INDArray gamma, INDArray beta) {}
