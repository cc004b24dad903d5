package org.lsq4j.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lsq4j.data.ImageShape;
import org.lsq4j.experiment.TinyNetwork;

/**
 * An experiment of a few seconds in which all that has a state takes part: dropout, momentum and
 * Adam, distillation, frozen weights, averages, batch norm statistics.
 */
final class SmallExperiment {

  private static final String YAML =
      """
      name: small
      data: {name: fashion-mnist-mini, trainLimit: 384, testLimit: 200, augmentation: {shift: 2}}
      network: {model: "%s"}
      float: {epochs: 5, batch: 32, learningRate: 0.02, ema: 0.9, checkpoint: {iterations: 3}}
      training: {epochs: 5, batch: 32, learningRate: 0.02, checkpoint: {iterations: 3}}
      runs:
        - name: W3A3
          weights: 3
          inputs: 3
          training:
            batchNormBatches: 2
            distillation: {teacher: float, temperature: 2}
            oscillation:
              {method: freeze, momentum: 0.1, startThreshold: 0.2, endThreshold: 0.1, maxBits: 8}
        - name: W2A2
          from: W3A3
          weights: 2
          inputs: 2
          training: {optimizer: adam, learningRate: 0.002, ema: 0.9, labelSmoothing: 0.1}
      """;

  private final Path config;

  private SmallExperiment(Path config) {
    this.config = config;
  }

  /** Writes it and its network. */
  static SmallExperiment in(Path folder) throws IOException {
    Path model = folder.resolve("tiny.zip");
    TinyNetwork.write(model, new ImageShape(28, 28, 1), 10);
    Path config = folder.resolve("small.yaml");
    Files.writeString(config, YAML.formatted(model));
    return new SmallExperiment(config);
  }

  /** Arguments of {@code lsq4j train}: goes on with what is in a folder, or begins. */
  List<String> resuming(Path out, String... overrides) {
    List<String> arguments =
        new ArrayList<>(List.of(config.toString(), "--out", out.toString(), "--resume"));
    for (String override : overrides) {
      arguments.addAll(List.of("--set", override));
    }
    return arguments;
  }
}
