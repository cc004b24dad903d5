package org.lsq4j.training;

import java.util.List;
import org.lsq4j.network.QuantizerView;

/**
 * What one epoch of training came to.
 *
 * @param epoch which, from 1
 * @param loss mean training loss over the epoch's batches, weight decay included
 * @param testAccuracy share of correct predictions on the test set after the epoch, 0 to 1
 * @param learningRate of the weights at the last update
 * @param seconds wall time of training and evaluation
 * @param imagesPerSecond trained images a second, without evaluation
 * @param quantizers all quantizers after the epoch; empty for a float network
 */
public record EpochMetrics(
    int epoch,
    double loss,
    double testAccuracy,
    double learningRate,
    double seconds,
    double imagesPerSecond,
    List<QuantizerView> quantizers) {}
