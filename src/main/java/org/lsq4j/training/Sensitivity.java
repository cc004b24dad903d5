package org.lsq4j.training;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.network.LayerDecision;
import org.lsq4j.network.LayerException;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.QuantizedNetwork;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/**
 * Which layers suffer from few bits: each goes to them alone, in a calibrated network that is not
 * trained, and the rest stays as a policy says. Steps are found once for each number of bits, not
 * for each layer: calibration looks at the network in float, so they would be the same.
 */
public final class Sensitivity {

  /**
   * What is tried.
   *
   * @param rest what all layers have that are not tried
   * @param bits numbers of bits that every layer is tried with, 2 to 8
   * @param calibrationBatches batches that steps are found on
   */
  public record Plan(QuantizationPolicy rest, List<Integer> bits, int calibrationBatches) {
    /** Copies the bits. */
    public Plan {
      bits = List.copyOf(bits);
      if (bits.isEmpty()) {
        throw new IllegalArgumentException("bits: need at least one number of bits");
      }
    }
  }

  /**
   * The data; not that which the trained network will be judged by.
   *
   * @param calibration batches that steps are found on; the same whenever they begin anew, or steps
   *     will come from different images
   * @param evaluation batches that the losses are measured on
   */
  public record Data(DataSetIterator calibration, DataSetIterator evaluation) {}

  private final Plan plan;
  private final Data data;
  private final QuantizedNetwork<? extends NeuralNetwork> rest;
  private final Map<Integer, NeuralNetwork> lowered = new LinkedHashMap<>();
  private final Predictions reference;

  private Sensitivity(NeuralNetwork network, Plan plan, Data data) {
    this.plan = plan;
    this.data = data;
    rest = calibrated(network, plan.rest);
    for (int bits : plan.bits) {
      LayerException everywhere = LayerException.bits(bits, bits);
      lowered.put(bits, calibrated(network, plan.rest.withException("*", everywhere)).network());
    }
    reference = Predictions.of(rest.network(), data.evaluation);
  }

  /**
   * Prepares the networks and evaluates the one that is not lowered.
   *
   * @param network a float network; not changed
   * @throws IllegalArgumentException if the plan's policy does not fit the network
   */
  public static Sensitivity of(NeuralNetwork network, Plan plan, Data data) {
    return new Sensitivity(network, plan, data);
  }

  private QuantizedNetwork<? extends NeuralNetwork> calibrated(
      NeuralNetwork network, QuantizationPolicy policy) {
    QuantizedNetwork<? extends NeuralNetwork> quantized =
        new NetworkQuantizer(policy).quantize(network);
    Calibration.run(quantized.network(), data.calibration, plan.calibrationBatches);
    return quantized;
  }

  /** The network with all layers as the policy says. */
  public PredictionScore restScore() {
    return reference.score();
  }

  /**
   * Tries every layer with every number of bits that is less than it has.
   *
   * @param observer hears every result at once: it can take a while
   * @return the results, for each number of bits the layer that loses most first: by accuracy,
   *     where that is equal by loss
   */
  public List<LayerSensitivity> measure(Consumer<LayerSensitivity> observer) {
    List<LayerSensitivity> results = new ArrayList<>();
    for (int bits : plan.bits) {
      List<LayerSensitivity> ranked = new ArrayList<>();
      for (String layer : layers()) {
        if (bits < restBits(layer)) {
          LayerSensitivity result = measure(layer, bits);
          observer.accept(result);
          ranked.add(result);
        }
      }
      ranked.sort(
          Comparator.comparingDouble(LayerSensitivity::accuracyLost)
              .thenComparingDouble(LayerSensitivity::lossAdded)
              .reversed());
      results.addAll(ranked);
    }
    return List.copyOf(results);
  }

  /** Evaluates the network with several layers lowered at once. */
  public PredictionScore score(Map<String, Integer> bitsByLayer) {
    return predictions(bitsByLayer).score();
  }

  /** Names of the layers that can be tried, in computation order. */
  private List<String> layers() {
    NeuralNetwork any = lowered.values().iterator().next();
    return Networks.layers(any).stream()
        .filter(layer -> layer.paramTable().containsKey(QuantizedParamInitializer.WEIGHT_STEP))
        .map(Networks::nameOf)
        .toList();
  }

  private int restBits(String layer) {
    return rest.decisions().stream()
        .filter(decision -> decision.layer().equals(layer))
        .findFirst()
        .flatMap(LayerDecision::quantization)
        .map(quantization -> quantization.weights().bits())
        .orElse(Float.SIZE);
  }

  private LayerSensitivity measure(String layer, int bits) {
    Predictions predictions = predictions(Map.of(layer, bits));
    PredictionScore score = predictions.score();
    PredictionScore before = reference.score();
    return new LayerSensitivity(
        layer,
        layer(rest.network(), layer).getParam(QuantizedParamInitializer.WEIGHT).length(),
        restBits(layer),
        bits,
        score,
        before.accuracy() - score.accuracy(),
        score.loss() - before.loss(),
        predictions.errorAgainst(reference));
  }

  private Predictions predictions(Map<String, Integer> bitsByLayer) {
    QuantizationPolicy policy = plan.rest;
    for (Map.Entry<String, Integer> entry : bitsByLayer.entrySet()) {
      int bits = entry.getValue();
      policy = policy.withException(entry.getKey(), LayerException.bits(bits, bits));
    }
    // Converting the calibrated network keeps the steps of all layers that do not change.
    NeuralNetwork mixed = new NetworkQuantizer(policy).quantize(rest.network()).network();
    bitsByLayer.forEach(
        (layer, bits) -> copySteps(layer(lowered.get(bits), layer), layer(mixed, layer)));
    return Predictions.of(mixed, data.evaluation);
  }

  private static void copySteps(Layer from, Layer to) {
    from.paramTable()
        .forEach(
            (key, value) -> {
              if (QuantizedParamInitializer.isQuantizerParam(key)) {
                to.setParam(key, value);
              }
            });
  }

  private static Layer layer(NeuralNetwork network, String name) {
    return Networks.layers(network).stream()
        .filter(layer -> Networks.nameOf(layer).equals(name))
        .findFirst()
        .orElseThrow();
  }
}
