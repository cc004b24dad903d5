package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.compute.Tensors.assertClose;
import static org.lsq4j.network.RectifierNetworks.BY_ENGINE;
import static org.lsq4j.network.RectifierNetworks.IMAGES;
import static org.lsq4j.network.RectifierNetworks.assertReplaced;
import static org.lsq4j.network.RectifierNetworks.assertTrainsAlike;
import static org.lsq4j.network.RectifierNetworks.builder;
import static org.lsq4j.network.RectifierNetworks.byName;
import static org.lsq4j.network.RectifierNetworks.chain;
import static org.lsq4j.network.RectifierNetworks.conf;
import static org.lsq4j.network.RectifierNetworks.convolution;
import static org.lsq4j.network.RectifierNetworks.floats;
import static org.lsq4j.network.RectifierNetworks.function;
import static org.lsq4j.network.RectifierNetworks.graph;
import static org.lsq4j.network.RectifierNetworks.images;
import static org.lsq4j.network.RectifierNetworks.norm;
import static org.lsq4j.network.RectifierNetworks.rectifier;
import static org.lsq4j.network.RectifierNetworks.relu;
import static org.lsq4j.network.RectifierNetworks.residual;
import static org.lsq4j.network.RectifierNetworks.settings;
import static org.lsq4j.network.RectifierNetworks.sum;
import static org.lsq4j.network.TestNetworks.linearOutput;

import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.dropout.GaussianNoise;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastActivation;
import org.lsq4j.layer.FastAddVertex;
import org.lsq4j.network.LayerDecision.Outcome;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** A ReLU stays separate where something else would change, and computes what it did before. */
class SeparateRectifiersTest {

  /** What the conversion must not touch but for the speed, and whether its ReLU may be replaced. */
  static Stream<Arguments> separateChains() {
    return Stream.of(
        Arguments.of("no norm before it", true, new Layer[] {relu()}),
        Arguments.of("dropout on the ReLU", true, new Layer[] {norm(), reluWithDropout()}),
        Arguments.of("noise behind", true, new Layer[] {norm(), relu(), noise()}),
        Arguments.of(
            "noise far behind", true, new Layer[] {norm(), relu(), new DropoutLayer(1.0), noise()}),
        Arguments.of(
            "a frozen activation behind",
            true,
            new Layer[] {
              norm(), relu(), new FrozenLayerWithBackprop(new ActivationLayer(Activation.SIGMOID))
            }),
        Arguments.of("leaky", false, new Layer[] {norm(), function(Activation.LEAKYRELU)}),
        Arguments.of("with maximum", false, new Layer[] {norm(), reluWith(1.0, null, null)}),
        Arguments.of("with threshold", false, new Layer[] {norm(), reluWith(null, 0.1, null)}),
        Arguments.of("with slope", false, new Layer[] {norm(), reluWith(null, null, 0.1)}),
        Arguments.of("subclass of ReLU layer", false, new Layer[] {norm(), new OwnActivation()}));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("separateChains")
  void otherChainsStayTheSame(String name, boolean isReplaced, Layer[] layers) {
    MultiLayerNetwork source = chain(layers);
    QuantizedNetwork<MultiLayerNetwork> result = floats(source);
    assertSeparate(result, isReplaced);
    assertTrainsAlike(source, result.network());
  }

  @Test
  void aPreprocessorInBetweenSeparates() {
    NeuralNetConfiguration.ListBuilder list =
        settings()
            .list()
            .layer(convolution())
            .layer(norm())
            .layer(relu())
            .layer(linearOutput())
            .inputPreProcessor(2, new CnnToFeedForwardPreProcessor(6, 5, 3));
    MultiLayerNetwork source = new MultiLayerNetwork(list.setInputType(IMAGES).build());
    source.init();
    QuantizedNetwork<MultiLayerNetwork> result = floats(source);
    assertSeparate(result, true);
    assertTrainsAlike(source, result.network());
    ComputationGraph graph = source.toComputationGraph();
    assertTrainsAlike(graph, floats(graph).network());
    assertTrue(
        floats(graph).decisions().stream()
            .noneMatch(decision -> decision.reason().startsWith("ReLU computed by")));
  }

  static Stream<Arguments> separateGraphs() {
    ElementWiseVertex.Op[] others = {
      ElementWiseVertex.Op.Max, ElementWiseVertex.Op.Product, ElementWiseVertex.Op.Average
    };
    return Stream.concat(
        Stream.of(others)
            .map(op -> Arguments.of(op.name(), residual(new ElementWiseVertex(op), relu()))),
        Stream.of(
            Arguments.of(
                "two readers of the norm",
                builder()
                    .addLayer("norm", norm(), "conv")
                    .addLayer("relu", relu(), "norm")
                    .addVertex("end", sum(), "norm", "relu")),
            Arguments.of(
                "two ReLUs read the norm",
                builder()
                    .addLayer("norm", norm(), "conv")
                    .addLayer("relu", relu(), "norm")
                    .addLayer("other", relu(), "norm")
                    .addVertex("end", sum(), "other", "relu")),
            Arguments.of(
                "two readers of the sum",
                builder()
                    .addVertex("sum", sum(), "conv", "in")
                    .addLayer("relu", relu(), "sum")
                    .addVertex("end", sum(), "sum", "relu")),
            Arguments.of(
                "a frozen activation behind the sum",
                residual(sum(), relu())
                    .addLayer(
                        "end",
                        new FrozenLayerWithBackprop(new ActivationLayer(Activation.SIGMOID)),
                        "relu")),
            Arguments.of("noise behind the sum", noisy(residual(sum(), relu()), "relu")),
            Arguments.of(
                "noise behind a vertex",
                noisy(
                    residual(sum(), relu()).addVertex("scale", new ScaleVertex(2), "relu"),
                    "scale")),
            Arguments.of("dropout on the ReLU of a sum", residual(sum(), reluWithDropout()))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("separateGraphs")
  void otherGraphsStayTheSame(String name, GraphBuilder builder) {
    ComputationGraph source = graph(builder);
    QuantizedNetwork<ComputationGraph> result = floats(source);
    assertSeparate(result, true);
    assertTrainsAlike(source, result.network());
  }

  /** Which DL4J's ReLU does not leave to them: it overwrites what it reads. */
  @Test
  void outputsKeepNegativeValues() {
    GraphBuilder builder =
        builder()
            .addLayer("norm", norm(), "conv")
            .addLayer("relu", relu(), "norm")
            .addVertex("sum", sum(), "conv", "relu")
            .addLayer("end", relu(), "sum")
            .setOutputs("norm", "sum", "output");
    ComputationGraph source = graph(builder);
    QuantizedNetwork<ComputationGraph> result = floats(source);
    assertSeparate(result, true);
    INDArray x = images(1);
    INDArray[] rectified = source.output(x);
    INDArray[] actual = result.network().output(x);
    for (int i = 0; i < 2; i++) {
      assertTrue(actual[i].minNumber().doubleValue() < 0);
      assertClose(rectified[i], Transforms.relu(actual[i]), 1e-5, "output " + i);
    }
    assertClose(rectified[2], actual[2], 1e-5, "output of the last layer");
  }

  /** Computes ReLU, but who knows. */
  private static final class OwnActivation extends ActivationLayer {
    private static final long serialVersionUID = 1L;

    OwnActivation() {
      super(Activation.RELU);
      setLayerName("relu");
    }
  }

  private static void assertSeparate(
      QuantizedNetwork<? extends NeuralNetwork> result, boolean isReplaced) {
    Map<String, LayerDecision> decisions = byName(result);
    if (decisions.containsKey("norm")) {
      assertReplaced(result, "norm", BY_ENGINE);
      assertEquals(Rectifier.NONE, rectifier(conf(result, "norm")));
    }
    if (isReplaced) {
      assertReplaced(result, "relu", BY_ENGINE);
      assertEquals(Rectifier.RELU, rectifier(conf(result, "relu")));
    } else {
      assertEquals(Outcome.FLOAT, decisions.get("relu").outcome());
      assertTrue(!(conf(result, "relu") instanceof FastActivation));
    }
    if (result.network() instanceof ComputationGraph graph) {
      graph
          .getConfiguration()
          .getVertices()
          .values()
          .forEach(vertex -> assertNotEquals(new FastAddVertex(Rectifier.RELU), vertex));
    }
  }

  private static GraphBuilder noisy(GraphBuilder builder, String input) {
    return builder.addLayer("end", noise(), input);
  }

  private static Layer reluWithDropout() {
    return new ActivationLayer.Builder()
        .name("relu")
        .activation(Activation.RELU)
        .dropOut(new Dropout(0.5))
        .build();
  }

  private static Layer reluWith(Double max, Double threshold, Double slope) {
    return new ActivationLayer.Builder()
        .name("relu")
        .activation(new ActivationReLU(max, threshold, slope))
        .build();
  }

  /** Takes away the sign of much that the ReLU passed, and makes positive what it did not pass. */
  private static Layer noise() {
    return new DropoutLayer.Builder(new GaussianNoise(2)).name("end").build();
  }
}
