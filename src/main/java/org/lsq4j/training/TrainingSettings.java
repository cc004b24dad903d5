package org.lsq4j.training;

import java.util.Objects;

/**
 * How long and how a network is trained.
 *
 * @param epochs passes over the training set, at least 1
 * @param optimizer how parameters are updated
 * @param seed of dropout and other randomness inside the network; the data's order has a seed of
 *     its own
 */
public record TrainingSettings(int epochs, OptimizerSettings optimizer, long seed) {

  /** Checks the ranges. */
  public TrainingSettings {
    Objects.requireNonNull(optimizer, "optimizer");
    if (epochs < 1) {
      throw new IllegalArgumentException("epochs: must be at least 1, got " + epochs);
    }
  }

  /** The same with all learning rates multiplied. */
  public TrainingSettings withRateTimes(double factor) {
    return new TrainingSettings(epochs, optimizer.withRateTimes(factor), seed);
  }
}
