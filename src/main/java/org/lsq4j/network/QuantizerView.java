package org.lsq4j.network;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.layer.impl.LayerQuantizers;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One quantizer of a network as it is now: a snapshot.
 *
 * @param layer the layer's name
 * @param role weights or input
 * @param spec what kind of quantizer
 * @param step s, one value or one for each channel
 * @param offset z likewise; empty without offset
 * @param initialized whether it has had its first step
 * @param projections how often an update of a step was limited since the network was made or loaded
 * @param clipShare share of the values beyond the bounds, 0 to 1; empty if it was not measured
 */
public record QuantizerView(
    String layer,
    QuantizerRole role,
    QuantizerSpec spec,
    List<Double> step,
    List<Double> offset,
    boolean initialized,
    long projections,
    OptionalDouble clipShare) {

  /** All quantizers of a network in computation order; clip shares of weights only. */
  public static List<QuantizerView> of(NeuralNetwork network) {
    return of(network, new ClipShares());
  }

  /** All quantizers of a network; the clip shares of inputs are measured on a batch of features. */
  public static List<QuantizerView> of(NeuralNetwork network, INDArray features) {
    ClipShares shares = new ClipShares();
    shares.measureInputs(network, features);
    return of(network, shares);
  }

  private static List<QuantizerView> of(NeuralNetwork network, ClipShares shares) {
    List<QuantizerView> views = new ArrayList<>();
    for (Layer layer : Networks.layers(network)) {
      if (layer instanceof QuantizedLayer quantized) {
        for (QuantizerRole role : QuantizerRole.values()) {
          quantized
              .quantizers()
              .tensors(role)
              .ifPresent(tensors -> views.add(view(quantized, role, tensors, shares)));
        }
      }
    }
    return views;
  }

  private static QuantizerView view(
      QuantizedLayer layer, QuantizerRole role, QuantizerTensors tensors, ClipShares shares) {
    LayerQuantizers quantizers = layer.quantizers();
    return new QuantizerView(
        Networks.nameOf(layer),
        role,
        tensors.spec(),
        values(tensors.step()),
        tensors.learnedOffset().map(QuantizerView::values).orElse(List.of()),
        quantizers.isInitialized(role),
        quantizers.projections(role),
        shares.of(layer, role, tensors));
  }

  /** The mean step over channels. */
  public double meanStep() {
    return step.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  private static List<Double> values(INDArray vector) {
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < vector.length(); i++) {
      values.add(vector.getDouble(i));
    }
    return List.copyOf(values);
  }

  /** Clip shares as far as they can be known. */
  private static final class ClipShares {
    // By identity: a layer's hash code changes with its activations.
    private final Map<QuantizedLayer, Double> ofInputs = new IdentityHashMap<>();

    void measureInputs(NeuralNetwork network, INDArray features) {
      QuantizerInputs.observe(
          network,
          features,
          (layer, input) ->
              ofInputs.put(
                  layer,
                  share(input, layer.quantizers().tensors(QuantizerRole.INPUT).orElseThrow())));
    }

    OptionalDouble of(QuantizedLayer layer, QuantizerRole role, QuantizerTensors tensors) {
      if (!layer.quantizers().isInitialized(role)) {
        return OptionalDouble.empty();
      }
      if (role == QuantizerRole.WEIGHT) {
        return OptionalDouble.of(share(layer.getParam(QuantizedParamInitializer.WEIGHT), tensors));
      }
      Double measured = ofInputs.get(layer);
      return measured == null ? OptionalDouble.empty() : OptionalDouble.of(measured);
    }

    private static double share(INDArray values, QuantizerTensors tensors) {
      return tensors.onArrays(values.shape()).clipShare(values.dup('c').data().asDouble());
    }
  }
}
