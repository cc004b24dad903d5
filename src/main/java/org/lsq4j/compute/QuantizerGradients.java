package org.lsq4j.compute;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where a quantizer's backward pass writes.
 *
 * @param step receives g dL/ds, of the step's shape
 * @param offset receives g dL/dz; null without offset
 * @param scale the gradient scale g
 */
public record QuantizerGradients(INDArray step, INDArray offset, double scale) {}
