package org.lsq4j.experiment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lsq4j.data.ImageShape;
import org.lsq4j.training.EpochMetrics;

/** A whole experiment on a few real images, for tests. */
final class TinyExperiment {

  private static final String YAML =
      """
      name: tiny
      data: {name: fashion-mnist-mini, trainLimit: 192, testLimit: 100, augmentation: {shift: 2}}
      network: {model: "%s"}
      float: {epochs: 2, batch: 32, learningRate: 0.02}
      training: {epochs: 2, batch: 32, learningRate: 0.01}
      runs:
        - {name: W3A3, weights: 3, inputs: 3}
      """;

  private TinyExperiment() {}

  /** The configuration with changes such as {@code float.epochs=4}. */
  static ExperimentConfig with(Path folder, String... overrides) throws IOException {
    Path model = folder.resolve("tiny.zip");
    if (!Files.exists(model)) {
      TinyNetwork.write(model, new ImageShape(28, 28, 1), 10);
    }
    Path file = folder.resolve("tiny.yaml");
    Files.writeString(file, YAML.formatted(model));
    return ConfigReader.read(file, List.of(overrides));
  }

  /** Runs a configuration in silence. */
  static ExperimentResults run(ExperimentConfig config, Path out, StartMode mode) {
    return Experiment.run(config, out, mode, ExperimentObserver.NONE);
  }

  /** Ends an experiment at a point, as a power cut would. */
  static final class PowerCut extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Remembers what it hears. */
  static final class Listener implements ExperimentObserver {
    final List<String> events = new ArrayList<>();

    @Override
    public void onStart(Start start) {
      events.add("start");
    }

    @Override
    public void onStage(Stage stage) {
      events.add("stage " + stage.name());
    }

    @Override
    public void onCalibrated(double accuracy) {
      events.add("calibrated");
    }

    @Override
    public void onEpoch(EpochMetrics metrics) {
      events.add("epoch " + metrics.epoch());
    }

    @Override
    public void onStageEnd(StageResult result) {
      events.add("end " + result.name());
    }
  }
}
