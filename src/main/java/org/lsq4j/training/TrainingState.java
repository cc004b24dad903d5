package org.lsq4j.training;

import java.util.List;

/**
 * What a checkpoint holds beside the network and its updater.
 *
 * @param epochsDone finished epochs
 * @param bestEpoch epoch with the best test accuracy so far, 0 for none
 * @param bestAccuracy that accuracy, 0 to 1
 * @param seconds training time so far
 * @param accuracies test accuracy after each epoch
 */
public record TrainingState(
    int epochsDone, int bestEpoch, double bestAccuracy, double seconds, List<Double> accuracies) {

  /** Nothing done yet. */
  public static final TrainingState START = new TrainingState(0, 0, 0, 0, List.of());

  /** The state after one more epoch. */
  TrainingState after(double accuracy, double epochSeconds) {
    boolean better = bestEpoch == 0 || accuracy > bestAccuracy;
    List<Double> history = new java.util.ArrayList<>(accuracies);
    history.add(accuracy);
    return new TrainingState(
        epochsDone + 1,
        better ? epochsDone + 1 : bestEpoch,
        better ? accuracy : bestAccuracy,
        seconds + epochSeconds,
        List.copyOf(history));
  }

  /** Whether the last epoch is the best. */
  boolean lastIsBest() {
    return bestEpoch == epochsDone;
  }

  /** Test accuracy after the last epoch, 0 to 1. */
  public double lastAccuracy() {
    return accuracies.isEmpty() ? 0 : accuracies.get(accuracies.size() - 1);
  }
}
