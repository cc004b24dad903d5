package org.lsq4j.training.observation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizerInputs;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.FakeQuantizer;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.StepComparison;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Looks at all quantizers of a network at one moment; the network is not changed. */
public final class Snapshot {

  /** Which numbers are wanted. */
  public enum Detail {
    /** Codes and clipped values. */
    CODES,
    /** And the errors, which take a search. */
    ERRORS
  }

  private final Detail detail;
  // By identity: a layer's hash code changes with its activations.
  private final Map<QuantizedLayer, QuantizerObservation> ofInputs = new IdentityHashMap<>();

  private Snapshot(Detail detail) {
    this.detail = detail;
  }

  /**
   * All initialised quantizers in computation order; none for a float network.
   *
   * @param features a batch as the network takes it; what its examples make of the inputs is seen
   */
  public static List<QuantizerObservation> of(
      NeuralNetwork network, INDArray features, Detail detail) {
    List<QuantizedLayer> layers = quantizedLayers(network);
    Snapshot snapshot = new Snapshot(detail);
    if (!layers.isEmpty()) {
      QuantizerInputs.observe(
          network,
          features,
          (layer, input) ->
              snapshot.ofInputs.put(
                  layer, snapshot.observation(layer, QuantizerRole.INPUT, input)));
    }
    List<QuantizerObservation> all = new ArrayList<>();
    for (QuantizedLayer layer : layers) {
      if (layer.quantizers().isInitialized(QuantizerRole.WEIGHT)) {
        INDArray weights = layer.getParam(QuantizedParamInitializer.WEIGHT);
        all.add(snapshot.observation(layer, QuantizerRole.WEIGHT, weights));
      }
      if (snapshot.ofInputs.containsKey(layer)) {
        all.add(snapshot.ofInputs.get(layer));
      }
    }
    return all;
  }

  /** The layers that have a quantizer. */
  static List<QuantizedLayer> quantizedLayers(NeuralNetwork network) {
    List<QuantizedLayer> layers = new ArrayList<>();
    for (Layer layer : Networks.layers(network)) {
      if (layer instanceof QuantizedLayer quantized
          && (quantized.quantizers().tensors(QuantizerRole.WEIGHT).isPresent()
              || quantized.quantizers().tensors(QuantizerRole.INPUT).isPresent())) {
        layers.add(quantized);
      }
    }
    return layers;
  }

  private QuantizerObservation observation(
      QuantizedLayer layer, QuantizerRole role, INDArray values) {
    QuantizerTensors tensors = layer.quantizers().tensors(role).orElseThrow();
    FakeQuantizer quantizer = tensors.onArrays(values.shape());
    double[] x = values.dup('c').data().asDouble();
    return new QuantizerObservation(
        Networks.nameOf(layer),
        role,
        quantizer.clipShare(x),
        tensors.spec().range().lowest(),
        histogram(quantizer.quantize(x), tensors.spec().range()),
        null,
        null,
        detail == Detail.ERRORS ? errors(x, tensors, values.shape()) : null);
  }

  private static QuantizerObservation.Errors errors(
      double[] x, QuantizerTensors tensors, long[] shape) {
    return QuantizerObservation.Errors.of(
        StepComparison.of(
            x, tensors.spec(), tensors.layout(shape), tensors.steps(), tensors.offsets()));
  }

  private static List<Long> histogram(int[] codes, CodeRange range) {
    Long[] counts = new Long[range.levels()];
    Arrays.fill(counts, 0L);
    for (int code : codes) {
      counts[code - range.lowest()]++;
    }
    return List.of(counts);
  }
}
