package org.lsq4j.training;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.network.Networks;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Ends a training whose loss or parameters are no longer finite, and names the place. */
final class DivergenceGuard implements TrainingExtension {

  private TrainingRun run;

  @Override
  public String name() {
    return "divergence-guard";
  }

  @Override
  public void start(TrainingRun newRun) {
    run = newRun;
  }

  @Override
  public void afterStep(BatchProgress step) {
    // The last update of an epoch may have broken a parameter that no loss has met yet.
    boolean isLast = step.batch() == step.batches();
    if (!Double.isFinite(step.loss())
        || isLast && firstBrokenParameter(run.network()).isPresent()) {
      throw diverged(step);
    }
  }

  /** Keeps a network whose last update broke it from being written before a loss shows it. */
  void requireFinite(BatchProgress step) {
    if (firstBrokenParameter(run.network()).isPresent()) {
      throw diverged(step);
    }
  }

  /** What a failed step says: a layer may find a broken parameter before a loss shows it. */
  RuntimeException explain(IllegalStateException failure, BatchProgress step) {
    if (firstBrokenParameter(run.network()).isEmpty()) {
      return failure;
    }
    TrainingDivergedException error = diverged(step);
    error.initCause(failure);
    return error;
  }

  private TrainingDivergedException diverged(BatchProgress step) {
    String kept =
        run.folder()
            .map(folder -> folder.resolve(Trainer.LAST))
            .filter(Files::exists)
            .map(Path::toString)
            .map("; the last good network is "::concat)
            .orElse("");
    return new TrainingDivergedException(
        String.format(
            Locale.ROOT,
            "Training diverged: loss %s in epoch %d, iteration %d; %s. Lower the learning rate%s",
            step.loss(),
            step.epoch(),
            Networks.iterations(run.network()),
            firstBrokenParameter(run.network()).orElse("all parameters are still finite"),
            kept));
  }

  private static Optional<String> firstBrokenParameter(NeuralNetwork network) {
    for (Layer layer : Networks.layers(network)) {
      for (Map.Entry<String, INDArray> parameter : layer.paramTable().entrySet()) {
        double sum = parameter.getValue().sumNumber().doubleValue();
        if (!Double.isFinite(sum)) {
          return Optional.of(
              "parameter "
                  + parameter.getKey()
                  + " of layer "
                  + Networks.nameOf(layer)
                  + " is no longer finite");
        }
      }
    }
    return Optional.empty();
  }
}
