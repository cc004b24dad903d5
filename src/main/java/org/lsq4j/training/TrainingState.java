package org.lsq4j.training;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.ArrayList;
import java.util.List;

/**
 * What a checkpoint holds beside the network and its updater.
 *
 * @param epochsDone finished epochs
 * @param bestEpoch epoch with the best test accuracy so far, 0 for none
 * @param bestAccuracy that accuracy, 0 to 1
 * @param seconds training time of the finished epochs
 * @param accuracies test accuracy after each epoch
 * @param position in the epoch that follows
 */
public record TrainingState(
    int epochsDone,
    int bestEpoch,
    double bestAccuracy,
    double seconds,
    List<Double> accuracies,
    EpochPosition position) {

  /** Nothing done yet. */
  public static final TrainingState START = new TrainingState(0, 0, 0, 0, List.of());

  /** Copies the list; files of the time before there were positions were written after epochs. */
  public TrainingState {
    accuracies = List.copyOf(accuracies);
    position = position == null ? EpochPosition.START : position;
  }

  /** The state after an epoch. */
  public TrainingState(
      int epochsDone, int bestEpoch, double bestAccuracy, double seconds, List<Double> accuracies) {
    this(epochsDone, bestEpoch, bestAccuracy, seconds, accuracies, EpochPosition.START);
  }

  /** The state after one more update. */
  TrainingState afterStep(double loss, double stepSeconds) {
    return new TrainingState(
        epochsDone,
        bestEpoch,
        bestAccuracy,
        seconds,
        accuracies,
        position.after(loss, stepSeconds));
  }

  /** The state after one more epoch. */
  TrainingState after(double accuracy, double epochSeconds) {
    boolean better = bestEpoch == 0 || accuracy > bestAccuracy;
    List<Double> history = new ArrayList<>(accuracies);
    history.add(accuracy);
    return new TrainingState(
        epochsDone + 1,
        better ? epochsDone + 1 : bestEpoch,
        better ? accuracy : bestAccuracy,
        seconds + epochSeconds,
        history);
  }

  /** Whether this is the end of an epoch, not a place within one. */
  @JsonIgnore
  boolean isEpochEnd() {
    return epochsDone > 0 && position.batches() == 0;
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
