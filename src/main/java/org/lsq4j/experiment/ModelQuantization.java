package org.lsq4j.experiment;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.data.ImageData;
import org.lsq4j.network.LayerDecision;
import org.lsq4j.network.ModelSize;
import org.lsq4j.network.NearestName;
import org.lsq4j.network.QuantizedNetwork;
import org.lsq4j.training.Accuracy;
import org.lsq4j.training.Calibration;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.TrainingState;

/**
 * A saved float model converted and calibrated, without training.
 *
 * @param run the run of the configuration that said how
 * @param decisions what happened to each layer
 * @param warnings what was odd in calibration
 * @param floatAccuracy test accuracy of the float model, 0 to 1
 * @param accuracy test accuracy of the quantized model
 * @param size sizes of both
 */
public record ModelQuantization(
    String run,
    List<LayerDecision> decisions,
    List<String> warnings,
    double floatAccuracy,
    double accuracy,
    ModelSize size) {

  /**
   * What to convert.
   *
   * @param model file of the float model
   * @param config an experiment, for its data, calibration and runs
   * @param run name of the run; empty for the first
   * @param out file for the quantized model
   * @param mode whether a file that is there may be replaced
   */
  public record Request(
      Path model, ExperimentConfig config, Optional<String> run, Path out, StartMode mode) {}

  /**
   * Converts, calibrates, evaluates and writes a model.
   *
   * @throws ConfigException if anything asked for does not fit together; nothing was written then
   */
  public static ModelQuantization of(Request request) {
    ExperimentConfig config = request.config;
    RunConfig run = run(request);
    if (Files.exists(request.out) && request.mode != StartMode.OVERWRITE) {
      throw new ConfigException(request.out + " is there already; --overwrite replaces it");
    }
    EngineChoice.use(config.engine());
    ImageData images = config.data().load();
    Checkpoint model = Checkpoint.read(request.model);
    FloatNetwork start = FloatNetwork.of(model, request.model.toString(), config, images);
    ExperimentData data = ExperimentData.of(config, images, start.format());
    QuantizedNetwork<? extends NeuralNetwork> quantized =
        Conversion.of(config, run, start.network());
    NeuralNetwork network = quantized.network();
    List<String> warnings =
        Calibration.run(
            network, data.calibration(run.training().batch()), config.calibration().batches());
    new Checkpoint(network, TrainingState.START, Optional.of(data.card())).write(request.out);
    return new ModelQuantization(
        run.name(),
        quantized.decisions(),
        warnings,
        Accuracy.of(start.network(), data.evaluation()),
        Accuracy.of(network, data.evaluation()),
        ModelSize.of(network));
  }

  private static RunConfig run(Request request) {
    List<RunConfig> runs = request.config.runs();
    List<String> names = runs.stream().map(RunConfig::name).toList();
    if (runs.isEmpty()) {
      throw new ConfigException(
          "The configuration has no runs, so it does not say how to quantize");
    }
    String wanted = request.run.orElse(names.get(0));
    if (!names.contains(wanted)) {
      throw new ConfigException(
          String.format(
              "--run %s: there is no such run; did you mean '%s'? There are: %s",
              wanted, NearestName.of(wanted, names).orElseThrow(), String.join(", ", names)));
    }
    return runs.get(names.indexOf(wanted));
  }
}
