package org.lsq4j.training;

/**
 * How well a classifier does on a data set.
 *
 * @param accuracy share of correct predictions, 0 to 1
 * @param loss mean cross-entropy, in nats
 */
public record PredictionScore(double accuracy, double loss) {}
