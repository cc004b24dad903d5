package org.lsq4j.compute;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Parameters and statistics of a batch normalization, each of shape [channels].
 *
 * @param gamma scale
 * @param beta shift
 * @param mean mean of each channel
 * @param variance population variance of each channel
 */
public record BatchNormTensors(INDArray gamma, INDArray beta, INDArray mean, INDArray variance) {}
