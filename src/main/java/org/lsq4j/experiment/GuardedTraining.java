package org.lsq4j.experiment;

import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.function.Supplier;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.Trainer;
import org.lsq4j.training.TrainingDivergedException;

/**
 * Trains a stage, and again from its last good checkpoint with a lower learning rate when it
 * diverges, as often as its {@link GuardConfig} says.
 *
 * @param guard what happens when it diverges
 * @param log of the stage
 */
record GuardedTraining(GuardConfig guard, StageLog log) {

  /**
   * Trains, or goes on with an interrupted training.
   *
   * @param trainers makes a trainer for a factor of the learning rate
   * @param start makes the network that the stage starts with; the same in every call
   * @throws TrainingDivergedException if it diverges, and rolling back is not wanted or did not
   *     help
   */
  Checkpoint run(DoubleFunction<Trainer> trainers, Supplier<NeuralNetwork> start) {
    Rollbacks rollbacks = Rollbacks.of(log.folder());
    while (true) {
      Trainer trainer = trainers.apply(rollbacks.rateFactor());
      try {
        return trainer.resume().orElseGet(() -> trainer.train(start.get()));
      } catch (TrainingDivergedException e) {
        if (!guard.rollsBack()) {
          throw e;
        }
        rollBack(rollbacks, e);
      }
    }
  }

  private void rollBack(Rollbacks rollbacks, TrainingDivergedException cause) {
    int done = rollbacks.list().size();
    if (done >= guard.mostRollbacks()) {
      TrainingDivergedException last =
          new TrainingDivergedException(
              cause.getMessage() + "; it was rolled back " + done + " times (guard.retries)",
              cause.epoch(),
              cause.iteration());
      last.initCause(cause);
      throw last;
    }
    double factor = rollbacks.rateFactor() * guard.rateFactor();
    rollbacks.add(new Rollback(cause.epoch(), cause.iteration(), factor, cause.getMessage()));
    log.onWarning(
        String.format(
            Locale.ROOT,
            "%s. Rollback %d of %d: going on from %s with %s times the learning rate",
            cause.getMessage(),
            done + 1,
            guard.mostRollbacks(),
            Trainer.newestCheckpoint(log.folder()).isPresent() ? "there" : "the start of the stage",
            factor));
  }
}
