package org.lsq4j.experiment;

import java.util.List;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.QuantizerRole;

/**
 * One quantizer of a trained network. Lists have one value, or one for each channel.
 *
 * @param layer the layer's name
 * @param role weights or input
 * @param bits bit width
 * @param sign signed or unsigned codes
 * @param initialStep step size after calibration
 * @param step learned step size
 * @param offset learned offset; empty without offset
 * @param projections how often a step was lifted to its positive floor
 * @param clipShare share of values beyond the bounds, 0 to 1; of an input, on one test batch
 */
public record StepResult(
    String layer,
    QuantizerRole role,
    int bits,
    CodeSign sign,
    List<Double> initialStep,
    List<Double> step,
    List<Double> offset,
    long projections,
    Double clipShare) {}
