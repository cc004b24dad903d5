package org.lsq4j.network;

import org.lsq4j.compute.Rectifier;

/**
 * A layer with weights and the batch norm behind it, which could be one layer. With p the layer's
 * product of input and weights, quantized or not, without its bias, the batch norm's output is
 *
 * <pre>rectifier(multiplier p + addend)</pre>
 *
 * @param layer name of the convolution or dense layer
 * @param norm name of the batch norm
 * @param affine multiplier and addend of each output channel, the layer's bias included
 * @param rectifier what the batch norm applies to its result
 */
public record FoldablePair(
    String layer, String norm, BatchNormAffine affine, Rectifier rectifier) {}
