package org.lsq4j.experiment;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.lsq4j.network.LayerDecision;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.training.BitAllocation;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.LayerSensitivity;
import org.lsq4j.training.PredictionScore;
import org.lsq4j.training.Sensitivity;

/**
 * Bits for every layer of a model, as a run of an experiment.
 *
 * @param bits of weights and inputs by layer, in computation order; 32 for float
 * @param meanBits bits of weights, mean over all weights
 * @param score of the calibrated network with these bits, not trained
 * @param generalBits what the run says for all layers
 * @param exceptions layers for which it says something else, with their bits
 */
public record MixedPrecision(
    Map<String, Integer> bits,
    double meanBits,
    PredictionScore score,
    int generalBits,
    Map<String, Integer> exceptions) {

  private static final String PLAIN_NAME = "[A-Za-z][A-Za-z0-9_.-]*";

  /** Finds bits for a budget, and tries them. */
  static MixedPrecision of(
      Checkpoint model, Sensitivity sensitivity, List<LayerSensitivity> layers, double budget) {
    BitAllocation allocation = BitAllocation.of(layers, budget);
    int general = mostCommon(allocation.bits());
    QuantizationPolicy policy = QuantizationPolicy.builder(general, general).build();
    Map<String, Integer> bits = new LinkedHashMap<>();
    Map<String, Integer> exceptions = new LinkedHashMap<>();
    for (LayerDecision decision :
        new NetworkQuantizer(policy).quantize(model.network()).decisions()) {
      Integer chosen = allocation.bits().get(decision.layer());
      if (chosen != null) {
        bits.put(decision.layer(), chosen);
        if (decision.quantization().orElseThrow().weights().bits() != chosen) {
          exceptions.put(decision.layer(), chosen);
        }
      }
    }
    return new MixedPrecision(
        bits,
        allocation.meanBits(),
        sensitivity.score(lowered(allocation.bits(), layers)),
        general,
        exceptions);
  }

  /** Float layers apart, which bits most layers have; the fewest of several. */
  private static int mostCommon(Map<String, Integer> bits) {
    Map<Integer, Long> counts =
        bits.values().stream()
            .filter(width -> width != Float.SIZE)
            .collect(
                Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
    return counts.entrySet().stream()
        .max(
            Comparator.comparingLong((Map.Entry<Integer, Long> entry) -> entry.getValue())
                .thenComparing(entry -> -entry.getKey()))
        .map(Map.Entry::getKey)
        .orElseThrow();
  }

  private static Map<String, Integer> lowered(
      Map<String, Integer> bits, List<LayerSensitivity> layers) {
    Map<String, Integer> lowered = new LinkedHashMap<>();
    for (LayerSensitivity layer : layers) {
      if (bits.get(layer.layer()) < layer.restBits()) {
        lowered.put(layer.layer(), bits.get(layer.layer()));
      }
    }
    return lowered;
  }

  /** The run in YAML, for the list {@code runs} of an experiment. */
  @JsonIgnore
  public List<String> yaml() {
    List<String> lines =
        new java.util.ArrayList<>(
            List.of(
                "runs:",
                "  - name: mixed",
                "    weights: " + generalBits,
                "    inputs: " + generalBits));
    if (!exceptions.isEmpty()) {
      lines.add("    exceptions:");
      exceptions.forEach((layer, width) -> lines.add("      " + exception(layer, width)));
    }
    return lines;
  }

  private static String exception(String layer, int width) {
    String name = layer.matches(PLAIN_NAME) ? layer : Mappers.toJson(layer);
    return name
        + (width == Float.SIZE
            ? ": " + ExperimentConfig.FLOAT
            : String.format(": {weights: %d, inputs: %d}", width, width));
  }
}
