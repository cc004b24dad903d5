package org.lsq4j.training;

/** Is told how a training goes on. */
public interface TrainingObserver {

  /** Hears nothing. */
  TrainingObserver NONE = new TrainingObserver() {};

  /** Something is odd but no error. */
  default void onWarning(String message) {}

  /** After every update. */
  default void onBatch(BatchProgress progress) {}

  /** After every epoch's evaluation, before its checkpoint. */
  default void onEpoch(EpochMetrics metrics) {}
}
