package org.lsq4j.experiment;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.network.ModelFormatException;
import org.lsq4j.network.QuantizerView;
import org.lsq4j.training.Accuracy;
import org.lsq4j.training.BatchNormEstimation;
import org.lsq4j.training.Calibration;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.Trainer;
import org.lsq4j.training.observation.Snapshot;

/**
 * Calibrates a quantized network, and trains it if its run has epochs.
 *
 * @param run what to do
 * @param network the converted network
 * @param trainings of the experiment
 * @param log of the stage
 */
record QuantizedStage(RunConfig run, NeuralNetwork network, StageTraining trainings, StageLog log) {

  /**
   * Does it, or goes on with it.
   *
   * @param floatNetwork the experiment's float network
   */
  Checkpoint finish(NeuralNetwork floatNetwork) {
    return run.training().hasEpochs()
        ? trainings.run(
            new StageTraining.Task(run.training(), network, floatNetwork, this::calibrate), log)
        : quantizeOnly();
  }

  private ExperimentData data() {
    return trainings.data();
  }

  /** Calibrates and gives the accuracy, which is the PTQ baseline of the run. */
  private double calibrate() {
    ImageBatches batches = data().calibration(run.training().batch());
    Calibration.run(network, batches, trainings.config().calibration().batches())
        .forEach(log::onWarning);
    double accuracy = Accuracy.of(network, data().evaluation());
    log.calibrated(accuracy, QuantizerView.of(network));
    log.observations()
        .add(0, Snapshot.of(network, data().sampleFeatures(), Snapshot.Detail.ERRORS));
    return accuracy;
  }

  /** Post-training quantization. */
  private Checkpoint quantizeOnly() {
    Path file = log.folder().resolve(Trainer.LAST);
    Optional<Checkpoint> earlier = earlierResult(file);
    if (earlier.isPresent()) {
      return earlier.get();
    }
    double accuracy = calibrate();
    int batches = run.training().batchNormBatches();
    if (batches > 0) {
      BatchNormEstimation.run(network, data().training(run.training().batch()), batches);
      accuracy = Accuracy.of(network, data().evaluation());
    }
    Checkpoint quantized = data().untrained(network, accuracy);
    quantized.write(file);
    return quantized;
  }

  private Optional<Checkpoint> earlierResult(Path file) {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Checkpoint.read(file));
    } catch (ModelFormatException e) {
      log.onWarning(e.getMessage() + "; calibrating again");
      return Optional.empty();
    }
  }
}
