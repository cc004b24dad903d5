package org.lsq4j.experiment;

import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.QuantizedNetwork;

/** Converts a float network as a run says. */
final class Conversion {

  private Conversion() {}

  /**
   * The quantized network, not calibrated yet.
   *
   * @throws ConfigException if the run's exceptions name no layer, or a layer cannot be quantized
   *     like this
   */
  static QuantizedNetwork<? extends NeuralNetwork> of(
      ExperimentConfig config, RunConfig run, NeuralNetwork network) {
    NetworkQuantizer quantizer = new NetworkQuantizer(run.toPolicy(config.data().normalization()));
    try {
      return quantizer.quantize(network);
    } catch (IllegalArgumentException e) {
      throw new ConfigException("Run " + run.name() + ": " + e.getMessage(), e);
    }
  }
}
