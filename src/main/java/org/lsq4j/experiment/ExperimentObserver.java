package org.lsq4j.experiment;

import java.nio.file.Path;
import java.util.List;
import org.lsq4j.network.LayerDecision;
import org.lsq4j.training.BatchProgress;
import org.lsq4j.training.EpochMetrics;
import org.lsq4j.training.TrainingExtension;

/** Is told how an experiment goes on. */
public interface ExperimentObserver {

  /** Hears nothing. */
  ExperimentObserver NONE = new ExperimentObserver() {};

  /**
   * What is about to be done.
   *
   * @param config the complete configuration
   * @param engine description of the engine
   * @param data description of the data
   * @param network description of the network
   * @param folder where results are written
   */
  record Start(ExperimentConfig config, String engine, String data, String network, Path folder) {}

  /**
   * A stage that begins: the float network or a quantized one.
   *
   * @param name {@code float} or the run's name
   * @param from the stage whose network it starts from; its own name for the float network
   * @param training how it is trained
   * @param decisions what the conversion did with each layer; empty for the float network
   */
  record Stage(String name, String from, TrainingConfig training, List<LayerDecision> decisions) {}

  /** What else takes part in a stage's training, to watch it; it must change nothing. */
  default List<TrainingExtension> watchers(String stage) {
    return List.of();
  }

  /** Everything is checked and nothing done yet. */
  default void onStart(Start start) {}

  /** A stage begins. */
  default void onStage(Stage stage) {}

  /** Something is odd but no error. */
  default void onWarning(String message) {}

  /** A quantized network is calibrated and evaluated, and not trained yet. */
  default void onCalibrated(double accuracy) {}

  /** After an update. */
  default void onBatch(BatchProgress progress) {}

  /** After an epoch. */
  default void onEpoch(EpochMetrics metrics) {}

  /** A stage is finished. */
  default void onStageEnd(StageResult result) {}
}
