package org.lsq4j.experiment;

import java.util.List;
import org.lsq4j.network.BitOperations;

/**
 * What a finished stage came to: the float network or a quantized one. Accuracies are shares, 0 to
 * 1, of the test set.
 *
 * @param name {@code float} or the run's name
 * @param weightBits bits of weights in general; 32 in float
 * @param inputBits bits of input activations in general; 32 in float
 * @param ptqAccuracy accuracy after calibration, before training; null in float
 * @param testAccuracy accuracy after the last epoch; without epochs that of the calibrated network,
 *     with its batch norm statistics found anew if the run asks for that
 * @param emaAccuracy accuracy of the averaged weights after the last epoch; null without weight
 *     average
 * @param bestAccuracy best accuracy after any epoch; optimistic, as the test images chose the epoch
 * @param bestEpoch that epoch, from 1; 0 if nothing was trained
 * @param epochs epochs trained
 * @param seconds time of training and evaluation
 * @param sizeBytes size of the parameters with packed weights
 * @param floatSizeBytes size of the parameters in float
 * @param operations what the network computes for one image
 * @param steps all quantizers
 * @param rollbacks how often the training diverged and went on with a lower learning rate
 */
public record StageResult(
    String name,
    int weightBits,
    int inputBits,
    Double ptqAccuracy,
    double testAccuracy,
    Double emaAccuracy,
    double bestAccuracy,
    int bestEpoch,
    int epochs,
    double seconds,
    long sizeBytes,
    long floatSizeBytes,
    BitOperations operations,
    List<StepResult> steps,
    List<Rollback> rollbacks) {}
