package org.lsq4j.training;

import java.util.Optional;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Takes part in a training beside DL4J's own step: changes batches, gradients or parameters, or
 * watches them. A {@link Trainer} calls every hook of all extensions in the order in which it was
 * given them. An object serves one training at a time.
 *
 * <p>What an extension does may depend on nothing but the network, the number of updates so far and
 * its {@link #state}: then a resumed training gives to the bit what the uninterrupted one would
 * have given.
 */
public interface TrainingExtension {

  /**
   * A name of letters, digits and hyphens, unique in a training; its state has it in checkpoints.
   */
  String name();

  /**
   * A training begins, or goes on: then {@link #restore} follows.
   *
   * @throws IllegalArgumentException if it cannot take part in this training
   */
  default void start(TrainingRun run) {}

  /** What is learned instead of a batch, before every update; the batch itself is not changed. */
  default DataSet beforeStep(DataSet batch) {
    return batch;
  }

  /** Between the backward pass and the updater; the gradients may be changed in place. */
  default void onGradients(StepGradients gradients) {}

  /** After every update. */
  default void afterStep(BatchProgress step) {}

  /**
   * Before a network is evaluated, which may be changed: after every epoch, and once more for each
   * extension that evaluates the network with other parameters.
   *
   * @param epoch which epoch is at its end, from 1
   */
  default void beforeEvaluation(int epoch) {}

  /**
   * After an epoch's evaluation, before its checkpoint is written.
   *
   * @return the metrics, with what this extension has to add
   */
  default EpochMetrics afterEpoch(EpochMetrics metrics) {
    return metrics;
  }

  /** All that a resumed training needs, at any time between two updates; empty for nothing. */
  default Optional<byte[]> state() {
    return Optional.empty();
  }

  /**
   * Takes over what {@link #state} gave in an earlier process.
   *
   * @throws ResumeException if it does not fit this training
   */
  default void restore(byte[] state) {}

  /** The training ends, also by an exception; nothing of this may stay in the network. */
  default void end() {}
}
