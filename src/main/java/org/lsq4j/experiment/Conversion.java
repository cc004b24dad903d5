package org.lsq4j.experiment;

import java.util.List;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.network.BatchNormFolding;
import org.lsq4j.network.FoldedNetwork;
import org.lsq4j.network.FoldingDecision;
import org.lsq4j.network.LayerDecision;
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
    if (config.network().batchNorm() == BatchNormHandling.KEEP) {
      return quantized(config, run, network);
    }
    FoldedNetwork<? extends NeuralNetwork> folded = BatchNormFolding.fold(network);
    QuantizedNetwork<? extends NeuralNetwork> result = quantized(config, run, folded.network());
    return new QuantizedNetwork<>(
        result.network(),
        result.decisions().stream()
            .map(decision -> withFolding(decision, folded.decisions()))
            .toList());
  }

  private static QuantizedNetwork<? extends NeuralNetwork> quantized(
      ExperimentConfig config, RunConfig run, NeuralNetwork network) {
    NetworkQuantizer quantizer = new NetworkQuantizer(run.toPolicy(config.data().normalization()));
    try {
      return quantizer.quantize(network);
    } catch (IllegalArgumentException e) {
      throw new ConfigException("Run " + run.name() + ": " + e.getMessage(), e);
    }
  }

  /** What the conversion says of a batch norm's place does not say what became of it. */
  private static LayerDecision withFolding(LayerDecision decision, List<FoldingDecision> folding) {
    return folding.stream()
        .filter(folded -> folded.norm().equals(decision.layer()))
        .findFirst()
        .map(
            folded ->
                new LayerDecision(
                    decision.layer(),
                    decision.type(),
                    decision.outcome(),
                    decision.quantization(),
                    folded.reason()))
        .orElse(decision);
  }
}
