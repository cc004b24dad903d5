package org.lsq4j.experiment;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.conf.CNN2DFormat;

/**
 * A whole experiment: data, a float network, its training, and quantized runs that start from it.
 * Read from YAML by {@link ConfigReader}, which fills in what the file leaves out: {@code
 * defaults.yaml} beside this class holds and explains every default.
 *
 * @param name names the experiment and its output folder {@code runs/<name>}
 * @param seed of initial weights, data order, augmentation and dropout
 * @param engine {@code auto} or the name of a compute engine
 * @param data what is learned
 * @param network the float network that is quantized
 * @param floatTraining key {@code float}: training of the float network
 * @param training defaults for all quantized runs
 * @param calibration how first step sizes are found
 * @param quantization defaults for all quantized runs
 * @param runs the quantized networks; may be empty
 */
public record ExperimentConfig(
    String name,
    Long seed,
    String engine,
    DataConfig data,
    NetworkConfig network,
    @JsonProperty("float") TrainingConfig floatTraining,
    TrainingConfig training,
    CalibrationConfig calibration,
    QuantizationConfig quantization,
    List<RunConfig> runs) {

  /** The key and stage name of the float training. */
  public static final String FLOAT = "float";

  /** The same experiment with a format for the network, so that its results say which it was. */
  ExperimentConfig withFormat(CNN2DFormat format) {
    return new ExperimentConfig(
        name,
        seed,
        engine,
        data,
        network.withFormat(format),
        floatTraining,
        training,
        calibration,
        quantization,
        runs);
  }

  /** The output folder unless another is chosen. */
  public Path defaultFolder() {
    return Path.of("runs", name);
  }
}
