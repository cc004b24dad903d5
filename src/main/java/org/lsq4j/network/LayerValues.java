package org.lsq4j.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.layer.impl.InputObserver;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The numbers that a layer's quantizers see, or would see: its weights and its input. */
public final class LayerValues {

  private LayerValues() {}

  /** Names of the layers that have weights, in computation order. */
  public static List<String> names(NeuralNetwork network) {
    return Networks.layers(network).stream()
        .filter(LayerValues::hasWeights)
        .map(Networks::nameOf)
        .toList();
  }

  /**
   * The weights of a layer, row-major.
   *
   * @throws IllegalArgumentException if there is no such layer with weights
   */
  public static double[] weights(NeuralNetwork network, String layer) {
    return array(find(network, layer).getParam(QuantizedParamInitializer.WEIGHT));
  }

  /**
   * What reaches a layer when the network computes a batch: its input before quantization.
   *
   * @param features a batch as the network takes it
   * @throws IllegalArgumentException if there is no such layer with weights
   */
  public static double[] input(NeuralNetwork network, String layer, INDArray features) {
    Layer found = find(network, layer);
    return found instanceof QuantizedLayer quantized
        ? observed(network, quantized, features)
        : array(inputOf(network, found, features));
  }

  /**
   * Numbers of values of a layer, over all examples of a batch.
   *
   * @param inputLength of its input
   * @param outputLength of its output
   */
  record Shapes(long inputLength, long outputLength) {}

  /** The numbers of values of all layers with weights for a batch, by name. */
  static Map<String, Shapes> shapes(NeuralNetwork network, INDArray features) {
    Map<String, Shapes> shapes = new HashMap<>();
    if (network instanceof ComputationGraph graph) {
      Map<String, INDArray> activations = graph.feedForward(new INDArray[] {features}, false);
      for (String name : names(network)) {
        String input = graph.getConfiguration().getVertexInputs().get(name).get(0);
        INDArray in = activations.getOrDefault(input, features);
        shapes.put(name, new Shapes(in.length(), activations.get(name).length()));
      }
    } else {
      List<INDArray> activations = ((MultiLayerNetwork) network).feedForward(features, false);
      for (Layer layer : Networks.layers(network)) {
        INDArray in = activations.get(layer.getIndex());
        INDArray out = activations.get(layer.getIndex() + 1);
        shapes.put(Networks.nameOf(layer), new Shapes(in.length(), out.length()));
      }
    }
    return shapes;
  }

  private static boolean hasWeights(Layer layer) {
    return layer.paramTable().containsKey(QuantizedParamInitializer.WEIGHT);
  }

  private static Layer find(NeuralNetwork network, String name) {
    return Networks.layers(network).stream()
        .filter(layer -> hasWeights(layer) && Networks.nameOf(layer).equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no layer '"
                        + name
                        + "' with weights; there are "
                        + String.join(", ", names(network))));
  }

  private static double[] observed(NeuralNetwork network, QuantizedLayer layer, INDArray features) {
    List<double[]> inputs = new ArrayList<>();
    try {
      layer.quantizers().setInputObserver(input -> inputs.add(array(input)));
      Networks.output(network, features);
    } finally {
      layer.quantizers().setInputObserver(InputObserver.NONE);
    }
    return inputs.get(0);
  }

  private static INDArray inputOf(NeuralNetwork network, Layer layer, INDArray features) {
    if (network instanceof ComputationGraph graph) {
      String name = Networks.nameOf(layer);
      Map<String, INDArray> activations = graph.feedForward(new INDArray[] {features}, false);
      String input = graph.getConfiguration().getVertexInputs().get(name).get(0);
      return Optional.ofNullable(activations.get(input)).orElse(features);
    }
    return ((MultiLayerNetwork) network).feedForward(features, false).get(layer.getIndex());
  }

  private static double[] array(INDArray values) {
    return values.dup('c').data().asDouble();
  }
}
