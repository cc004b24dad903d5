package org.lsq4j.training;

/**
 * What a network loses when one layer alone goes to fewer bits, without training.
 *
 * @param layer the layer's name
 * @param weights how many weights it has
 * @param restBits bits of its weights before; 32 for float
 * @param bits bits of its weights and of its input
 * @param score of the network with only this layer at these bits
 * @param accuracyLost accuracy before minus accuracy now, 0 to 1; negative if it became better
 * @param lossAdded cross-entropy now minus cross-entropy before, in nats
 * @param logitError root mean square of the change of the logits, relative to that of the logits
 */
public record LayerSensitivity(
    String layer,
    long weights,
    int restBits,
    int bits,
    PredictionScore score,
    double accuracyLost,
    double lossAdded,
    double logitError) {}
