package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.compute.Tensors.assertClose;
import static org.lsq4j.network.TestNetworks.linearOutput;
import static org.lsq4j.network.TestNetworks.normal;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastActivation;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.network.LayerDecision.Outcome;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** Small networks of norms, sums and ReLUs, and what is asked about their conversion. */
final class RectifierNetworks {

  static final String BY_ENGINE = "computed by the engine";
  static final InputType IMAGES = InputType.convolutional(6, 5, 3);

  private static final int EXAMPLES = 5;

  private RectifierNetworks() {}

  static void assertReplaced(
      QuantizedNetwork<? extends NeuralNetwork> result, String layer, String reason) {
    LayerDecision decision = byName(result).get(layer);
    assertEquals(Outcome.REPLACED, decision.outcome());
    assertEquals(reason, decision.reason());
  }

  /** With the same random numbers for dropout and noise. */
  static void assertTrainsAlike(NeuralNetwork source, NeuralNetwork converted) {
    INDArray before = source.params().dup();
    for (int step = 0; step < 3; step++) {
      for (NeuralNetwork network : List.of(source, converted)) {
        // 0 would stand for any seed.
        Nd4j.getRandom().setSeed(step + 1);
        network.fit(batch(step));
      }
      assertClose(source.params(), converted.params(), 1e-4, "parameters after step " + step);
    }
    assertTrue(before.distance2(source.params()) > 1e-2, "training must change something");
    INDArray x = images(77);
    assertClose(Networks.output(source, x), Networks.output(converted, x), 1e-4, "output");
  }

  static DataSet batch(int seed) {
    return new DataSet(images(seed), normal(seed + 9, EXAMPLES, TestNetworks.OUTPUTS));
  }

  static INDArray images(int seed) {
    return normal(seed, EXAMPLES, 3, 6, 5);
  }

  static QuantizedNetwork<MultiLayerNetwork> floats(MultiLayerNetwork network) {
    return new NetworkQuantizer(floatPolicy()).quantize(network);
  }

  static QuantizedNetwork<ComputationGraph> floats(ComputationGraph network) {
    return new NetworkQuantizer(floatPolicy()).quantize(network);
  }

  static QuantizationPolicy floatPolicy() {
    return QuantizationPolicy.builder(4, 4).exception("*", LayerException.FLOAT).build();
  }

  static Map<String, LayerDecision> byName(QuantizedNetwork<? extends NeuralNetwork> result) {
    return result.decisions().stream()
        .collect(Collectors.toMap(LayerDecision::layer, Function.identity()));
  }

  static Layer conf(QuantizedNetwork<? extends NeuralNetwork> result, String name) {
    return Networks.layers(result.network()).stream()
        .filter(layer -> Networks.nameOf(layer).equals(name))
        .findFirst()
        .orElseThrow()
        .conf()
        .getLayer();
  }

  static Rectifier rectifier(Layer layer) {
    return layer instanceof FastBatchNormalization norm
        ? norm.getRectifier()
        : FastActivation.rectifierOf(
                assertInstanceOf(FastActivation.class, layer).getActivationFn())
            .orElseThrow();
  }

  static NeuralNetConfiguration.Builder settings() {
    return TestNetworks.settings().updater(new Sgd(0.02)).convolutionMode(ConvolutionMode.Same);
  }

  /** A convolution, the given layers and an output layer. */
  static MultiLayerNetwork chain(Layer... layers) {
    NeuralNetConfiguration.ListBuilder list = settings().list().layer(convolution());
    for (Layer layer : layers) {
      list.layer(layer.clone());
    }
    MultiLayerNetwork network =
        new MultiLayerNetwork(list.layer(linearOutput()).setInputType(IMAGES).build());
    network.init();
    return network;
  }

  static GraphBuilder builder() {
    return settings().graphBuilder().addInputs("in").addLayer("conv", convolution(), "in");
  }

  static GraphBuilder residual(GraphVertex sum, Layer relu) {
    return builder().addVertex("sum", sum, "conv", "in").addLayer("relu", relu, "sum");
  }

  /** Adds an output layer behind {@code end}, or behind {@code relu} if there is no such node. */
  static ComputationGraph graph(GraphBuilder builder) {
    String last = builder.getVertices().containsKey("end") ? "end" : "relu";
    builder.addLayer("output", linearOutput(), last).setInputTypes(IMAGES);
    if (builder.getNetworkOutputs().isEmpty()) {
      builder.setOutputs("output");
    }
    ComputationGraph network = new ComputationGraph(builder.build());
    network.init();
    return network;
  }

  static Layer convolution() {
    return new ConvolutionLayer.Builder(3, 3).nOut(3).activation(Activation.IDENTITY).build();
  }

  static BatchNormalization norm() {
    return new BatchNormalization.Builder().name("norm").build();
  }

  static Layer relu() {
    return function(Activation.RELU);
  }

  static Layer function(Activation activation) {
    return new ActivationLayer.Builder().name("relu").activation(activation).build();
  }

  static GraphVertex sum() {
    return new ElementWiseVertex(ElementWiseVertex.Op.Add);
  }
}
