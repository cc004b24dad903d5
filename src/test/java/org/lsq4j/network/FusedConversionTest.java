package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.compute.Tensors.assertClose;
import static org.lsq4j.network.TestNetworks.bypassed;
import static org.lsq4j.network.TestNetworks.linearOutput;
import static org.lsq4j.network.TestNetworks.normal;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Random networks of DL4J's own layers infer and train the same when they are converted and their
 * quantizers are off, whatever of their batch norms, sums and ReLUs became one.
 */
class FusedConversionTest {

  private static final int CHANNELS = 3;
  private static final int EXAMPLES = 5;

  static IntStream seeds() {
    return IntStream.range(0, 12);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void chainsStayTheSame(int seed) {
    Random random = new Random(seed);
    InputType input = randomInput(random);
    assertConversionsStayTheSame(randomChain(random, input), input);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void graphsStayTheSame(int seed) {
    Random random = new Random(seed);
    InputType input = randomInput(random);
    assertConversionsStayTheSame(randomGraph(random, input), input);
  }

  /** Quantizers that are bypassed, and no quantizers at all. */
  private static void assertConversionsStayTheSame(NeuralNetwork source, InputType input) {
    QuantizationPolicy.Builder policy = QuantizationPolicy.builder(4, 4);
    QuantizedNetwork<? extends NeuralNetwork> bypassed =
        new NetworkQuantizer(policy.build()).quantize(source);
    assertTrue(
        bypassed.decisions().stream()
            .anyMatch(decision -> decision.reason().startsWith("ReLU computed by ")),
        () -> "nothing became one in " + bypassed.decisions());
    NeuralNetwork floats =
        new NetworkQuantizer(policy.exception("*", LayerException.FLOAT).build())
            .quantize(source)
            .network();
    for (NeuralNetwork converted : List.of(bypassed(bypassed.network()), floats)) {
      assertStaysTheSame(copy(source), converted, input);
    }
  }

  private static void assertStaysTheSame(
      NeuralNetwork source, NeuralNetwork converted, InputType input) {
    assertSameOutputs(source, converted, input);
    INDArray before = source.params().dup();
    for (int step = 0; step < 3; step++) {
      int examples = EXAMPLES + step % 2;
      INDArray labels = normal(step + 9, examples, TestNetworks.OUTPUTS);
      source.fit(new DataSet(images(step, examples, input), labels));
      converted.fit(new DataSet(images(step, examples, input), labels));
      assertSameParameters(source, converted);
    }
    assertTrue(before.distance2(source.params()) > 1e-2, "training must change something");
    assertSameOutputs(source, converted, input);
  }

  private static void assertSameOutputs(
      NeuralNetwork source, NeuralNetwork converted, InputType input) {
    INDArray expected = Networks.output(source, images(77, EXAMPLES, input));
    INDArray actual = Networks.output(converted, images(77, EXAMPLES, input));
    assertTrue(expected.stdNumber().doubleValue() > 1e-3, "the outputs tell nothing");
    assertClose(expected, actual, 1e-5, "output");
  }

  private static void assertSameParameters(NeuralNetwork source, NeuralNetwork converted) {
    List<org.deeplearning4j.nn.api.Layer> expected = Networks.layers(source);
    List<org.deeplearning4j.nn.api.Layer> actual = Networks.layers(converted);
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      var wanted = expected.get(i).paramTable();
      String name = Networks.nameOf(expected.get(i));
      actual
          .get(i)
          .paramTable()
          .forEach(
              (key, value) -> {
                if (!QuantizedParamInitializer.isQuantizerParam(key)) {
                  assertClose(wanted.get(key), value, 1e-4, name + " " + key);
                }
              });
    }
  }

  private static NeuralNetwork copy(NeuralNetwork network) {
    return network instanceof ComputationGraph graph
        ? graph.clone()
        : ((MultiLayerNetwork) network).clone();
  }

  private static InputType randomInput(Random random) {
    CNN2DFormat format = random.nextBoolean() ? CNN2DFormat.NCHW : CNN2DFormat.NHWC;
    return InputType.convolutional(6, 5, CHANNELS, format);
  }

  private static INDArray images(int seed, int examples, InputType input) {
    long[] shape = input.getShape(true);
    shape[0] = examples;
    return normal(seed, shape);
  }

  private static NeuralNetConfiguration.Builder settings() {
    return TestNetworks.settings().updater(new Sgd(0.02)).convolutionMode(ConvolutionMode.Same);
  }

  /** Begins with what can become one. */
  private static MultiLayerNetwork randomChain(Random random, InputType input) {
    NeuralNetConfiguration.ListBuilder list = settings().list();
    list.layer(randomConvolution(random)).layer(new BatchNormalization()).layer(relu());
    for (int i = 0; i < 6; i++) {
      list.layer(randomLayer(random));
    }
    if (random.nextBoolean()) {
      list.layer(new DenseLayer.Builder().nOut(6).build())
          .layer(new BatchNormalization())
          .layer(relu());
    }
    MultiLayerNetwork network =
        new MultiLayerNetwork(list.layer(linearOutput()).setInputType(input).build());
    network.init();
    return network;
  }

  /** All nodes have one shape, so that any of them can be added. */
  private static ComputationGraph randomGraph(Random random, InputType input) {
    GraphBuilder builder =
        settings()
            .graphBuilder()
            .addInputs("in")
            .addLayer("stem", randomConvolution(random), "in")
            .addLayer("stem-norm", new BatchNormalization(), "stem")
            .addLayer("stem-relu", relu(), "stem-norm");
    List<String> nodes = new ArrayList<>(List.of("stem-relu"));
    List<String> unread = new ArrayList<>(nodes);
    for (int i = 0; i < 12; i++) {
      String name = "node" + i;
      String left = nodes.get(random.nextInt(nodes.size()));
      String right = nodes.get(random.nextInt(nodes.size()));
      if (random.nextInt(4) == 0 && !left.equals(right)) {
        builder.addVertex(name, sum(), left, right);
        unread.remove(right);
      } else {
        left = nodes.get(nodes.size() - 1 - random.nextInt(Math.min(3, nodes.size())));
        builder.addLayer(name, randomLayer(random), left);
      }
      unread.remove(left);
      nodes.add(name);
      unread.add(name);
    }
    return finish(builder, unread, input);
  }

  private static ComputationGraph finish(
      GraphBuilder builder, List<String> unread, InputType input) {
    ComputationGraph network =
        new ComputationGraph(
            builder
                .addVertex("sum", sum(), unread.toArray(String[]::new))
                .addLayer("relu", relu(), "sum")
                .addLayer("pool", new GlobalPoolingLayer(PoolingType.AVG), "relu")
                .addLayer("output", linearOutput(), "pool")
                .setOutputs("output")
                .setInputTypes(input)
                .build());
    network.init();
    return network;
  }

  private static Layer randomLayer(Random random) {
    return switch (random.nextInt(7)) {
      case 0, 1 -> new BatchNormalization.Builder().useLogStd(random.nextBoolean()).build();
      case 2, 3 -> new ActivationLayer(randomFunction(random));
      case 4 -> pool(random.nextBoolean() ? PoolingType.MAX : PoolingType.AVG);
      default -> randomConvolution(random);
    };
  }

  private static IActivation randomFunction(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> Activation.TANH.getActivationFunction();
      case 1 -> Activation.LEAKYRELU.getActivationFunction();
      case 2 -> new ActivationReLU(1.0, null, null);
      default -> new ActivationReLU();
    };
  }

  private static Layer randomConvolution(Random random) {
    return new ConvolutionLayer.Builder(1 + random.nextInt(3), 1 + random.nextInt(3))
        .nOut(CHANNELS)
        .hasBias(random.nextBoolean())
        .activation(random.nextBoolean() ? Activation.IDENTITY : Activation.TANH)
        .build();
  }

  private static Layer pool(PoolingType type) {
    return new SubsamplingLayer.Builder(type)
        .kernelSize(2, 2)
        .stride(1, 1)
        .convolutionMode(ConvolutionMode.Same)
        .build();
  }

  private static Layer relu() {
    return new ActivationLayer(Activation.RELU);
  }

  private static ElementWiseVertex sum() {
    return new ElementWiseVertex(ElementWiseVertex.Op.Add);
  }
}
