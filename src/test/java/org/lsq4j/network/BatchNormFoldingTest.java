package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastActivation;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.layer.impl.QuantizationMode;
import org.lsq4j.training.Calibration;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** Folded networks compute what they did; what cannot be folded stays and says why. */
class BatchNormFoldingTest {

  /** Rounding of a few float operations, relative to the largest value. */
  private static final double ROUNDING = 5e-6;

  private static final InputType IMAGES = InputType.convolutional(7, 6, 4, CNN2DFormat.NCHW);
  private static final InputType SEQUENCES = InputType.recurrent(4, 9);
  private static final InputType VECTORS = InputType.feedForward(4);

  private static BatchNormalization norm() {
    return new BatchNormalization.Builder().useLogStd(false).eps(1e-3).name("norm").build();
  }

  private static BatchNormalization logarithmic() {
    return new BatchNormalization.Builder().useLogStd(true).name("norm").build();
  }

  private static BatchNormalization locked() {
    return new BatchNormalization.Builder(1.7, -0.4).lockGammaBeta(true).name("norm").build();
  }

  private static BatchNormalization rectified() {
    FastBatchNormalization norm = FastBatchNormalization.with(Rectifier.RELU);
    norm.setLayerName("norm");
    return norm;
  }

  private static ConvolutionLayer convolution(boolean bias) {
    return new ConvolutionLayer.Builder(3, 3)
        .name("layer")
        .nOut(5)
        .hasBias(bias)
        .stride(2, 2)
        .convolutionMode(ConvolutionMode.Same)
        .build();
  }

  private static DenseLayer dense(boolean bias) {
    return new DenseLayer.Builder().name("layer").nOut(5).hasBias(bias).build();
  }

  static Stream<Arguments> layers() {
    return Stream.of(
        Arguments.of("convolution", IMAGES, convolution(true)),
        Arguments.of("convolution without bias", IMAGES, convolution(false)),
        Arguments.of(
            "depthwise",
            IMAGES,
            new DepthwiseConvolution2D.Builder(3, 3)
                .name("layer")
                .depthMultiplier(2)
                .nOut(8)
                .hasBias(false)
                .build()),
        Arguments.of(
            "separable",
            IMAGES,
            new SeparableConvolution2D.Builder(3, 3)
                .name("layer")
                .depthMultiplier(2)
                .nOut(5)
                .build()),
        Arguments.of(
            "transposed",
            IMAGES,
            new Deconvolution2D.Builder(3, 3).name("layer").nOut(5).hasBias(false).build()),
        Arguments.of("dense", VECTORS, dense(true)),
        Arguments.of("dense without bias", VECTORS, dense(false)),
        Arguments.of(
            "1-D convolution",
            SEQUENCES,
            new Convolution1D.Builder(3).name("layer").nOut(5).build()));
  }

  private static NeuralNetwork chain(InputType input, Layer layer, BatchNormalization norm) {
    boolean isVector = input.equals(VECTORS);
    Layer[] layers =
        isVector
            ? new Layer[] {layer, norm, TestNetworks.linearOutput()}
            : new Layer[] {
              layer,
              norm,
              new GlobalPoolingLayer.Builder().name("pool").build(),
              TestNetworks.linearOutput()
            };
    return randomized(TestNetworks.chain(input, layers));
  }

  /** Statistics, gammas and betas as they could be after training; some gammas are negative. */
  private static <N extends NeuralNetwork> N randomized(N network) {
    Random random = new Random(5);
    for (org.deeplearning4j.nn.api.Layer layer : Networks.layers(network)) {
      if (layer.conf().getLayer() instanceof BatchNormalization) {
        for (Map.Entry<String, INDArray> parameter : layer.paramTable().entrySet()) {
          for (long i = 0; i < parameter.getValue().length(); i++) {
            double value = random.nextGaussian();
            boolean isVariance = parameter.getKey().equals("var");
            parameter.getValue().putScalar(i, isVariance ? 0.2 + Math.abs(value) : 0.7 * value);
          }
        }
      }
    }
    return network;
  }

  private static INDArray features(InputType input) {
    long[] shape = input.getShape(true).clone();
    shape[0] = 3;
    return TestNetworks.normal(8, shape);
  }

  private static void assertSame(INDArray expected, INDArray actual) {
    double difference = expected.sub(actual).amaxNumber().doubleValue();
    double allowed = ROUNDING * Math.max(1, expected.amaxNumber().doubleValue());
    assertTrue(difference <= allowed, difference + " > " + allowed);
  }

  private static NeuralNetwork assertFolds(NeuralNetwork network, INDArray features) {
    INDArray before = Networks.output(network, features).dup();
    FoldedNetwork<? extends NeuralNetwork> folded = BatchNormFolding.fold(network);
    assertEquals(List.of(FoldingDecision.folded("norm", "layer")), folded.decisions(), "decisions");
    assertSame(before, Networks.output(folded.network(), features));
    assertSame(before, Networks.output(network, features));
    for (org.deeplearning4j.nn.api.Layer layer : Networks.layers(folded.network())) {
      assertFalse(layer.conf().getLayer() instanceof BatchNormalization);
    }
    return folded.network();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layers")
  void foldingKeepsTheFunction(String name, InputType input, Layer layer) {
    for (BatchNormalization norm : List.of(norm(), logarithmic(), locked(), rectified())) {
      NeuralNetwork network = chain(input, layer.clone(), norm);
      // DL4J's own batch norm refuses sequences.
      if (!input.equals(SEQUENCES)) {
        assertFolds(network, features(input));
      }
      if (LayerConverter.canQuantize(layer)) {
        assertFolds(FastNetwork.of(network), features(input));
      }
    }
  }

  @Test
  void theRectifierStays() {
    NeuralNetwork folded =
        assertFolds(chain(IMAGES, convolution(true), rectified()), features(IMAGES));
    FastActivation activation =
        assertInstanceOf(FastActivation.class, Networks.layers(folded).get(1).conf().getLayer());
    assertEquals(
        Optional.of(Rectifier.RELU), FastActivation.rectifierOf(activation.getActivationFn()));
    assertEquals("norm", activation.getLayerName());
  }

  @Test
  void quantizedNetworksFoldBeforeCalibrationAndNotAfter() {
    NeuralNetwork quantized =
        new NetworkQuantizer(QuantizationPolicy.builder(4, 4).build())
            .quantize(chain(IMAGES, convolution(false), norm()))
            .network();
    INDArray before = Networks.output(TestNetworks.bypassed(quantized), features(IMAGES)).dup();
    NeuralNetwork folded = TestNetworks.bypassed(BatchNormFolding.fold(quantized).network());
    assertInstanceOf(FastActivation.class, Networks.layers(folded).get(1).conf().getLayer());
    assertSame(before, Networks.output(folded, features(IMAGES)));
    Calibration.run(
        quantized,
        TestNetworks.batches(new DataSet(features(IMAGES), TestNetworks.normal(1, 3, 3))),
        1);
    TestNetworks.quantizedLayers(quantized)
        .forEach(layer -> layer.quantizers().setMode(QuantizationMode.ACTIVE));
    FoldedNetwork<? extends NeuralNetwork> kept = BatchNormFolding.fold(quantized);
    assertEquals(
        "norm: not folded: the weights of layer are calibrated",
        kept.decisions().get(0).toString());
    assertEquals(
        Networks.output(quantized, features(IMAGES)),
        Networks.output(kept.network(), features(IMAGES)));
  }

  @Test
  void foldedNetworksAreCalibratedAndTrained() {
    NeuralNetwork folded =
        BatchNormFolding.fold(chain(IMAGES, convolution(true), rectified())).network();
    NeuralNetwork quantized =
        new NetworkQuantizer(QuantizationPolicy.builder(8, 8).build()).quantize(folded).network();
    DataSet data = new DataSet(features(IMAGES), TestNetworks.normal(1, 3, 3));
    Calibration.run(quantized, TestNetworks.batches(data), 1);
    quantized.fit(data);
    double before = Networks.score(quantized);
    for (int i = 0; i < 10; i++) {
      quantized.fit(data);
    }
    assertTrue(Networks.score(quantized) < before);
  }

  @Test
  void pairsTellWhatTheTwoLayersCompute() {
    NeuralNetwork network = FastNetwork.of(chain(IMAGES, convolution(true), rectified()));
    FoldablePair pair = BatchNormFolding.pairs(network).get(0);
    assertEquals(List.of("layer", "norm"), List.of(pair.layer(), pair.norm()));
    assertEquals(Rectifier.RELU, pair.rectifier());
    List<INDArray> activations =
        ((org.deeplearning4j.nn.multilayer.MultiLayerNetwork) network)
            .feedForward(features(IMAGES));
    INDArray bias = Networks.layers(network).get(0).getParam("b");
    INDArray product = activations.get(1).sub(bias.reshape(1, 5, 1, 1));
    INDArray expected = activations.get(2);
    for (int c = 0; c < pair.affine().channels(); c++) {
      double multiplier = pair.affine().multiplier()[c];
      double addend = pair.affine().addend()[c];
      double x = product.getDouble(1, c, 2, 1);
      assertEquals(expected.getDouble(1, c, 2, 1), Math.max(0, multiplier * x + addend), 1e-5);
    }
  }

  // What stays.

  private static ComputationGraph graph(Consumer<GraphBuilder> body) {
    GraphBuilder graph = TestNetworks.settings().graphBuilder().addInputs("input");
    body.accept(graph);
    graph.setOutputs("output").setInputTypes(IMAGES);
    ComputationGraph network = new ComputationGraph(graph.build());
    network.init();
    return randomized(network);
  }

  private static ConvolutionLayer point(Activation activation) {
    return new ConvolutionLayer.Builder(1, 1).nOut(4).activation(activation).build();
  }

  private static GraphBuilder ended(GraphBuilder graph, String last) {
    return graph
        .addLayer("pool", new GlobalPoolingLayer.Builder().build(), last)
        .addLayer("output", TestNetworks.linearOutput(), "pool");
  }

  private static void assertKept(String reason, ComputationGraph network) {
    INDArray before = network.outputSingle(features(IMAGES)).dup();
    FoldedNetwork<? extends NeuralNetwork> folded = BatchNormFolding.fold(network);
    assertEquals("norm: not folded: " + reason, folded.decisions().get(0).toString());
    assertEquals(before, Networks.output(folded.network(), features(IMAGES)));
    assertEquals(List.of(), BatchNormFolding.pairs(network));
  }

  @Test
  void normsOfConcatenationsStay() {
    assertKept(
        "it follows MergeVertex join, no convolution or dense layer",
        graph(
            g ->
                ended(
                    g.addLayer("a", point(Activation.IDENTITY), "input")
                        .addLayer("b", point(Activation.IDENTITY), "input")
                        .addVertex("join", new MergeVertex(), "a", "b")
                        .addLayer("norm", norm(), "join"),
                    "norm")));
  }

  @Test
  void preActivationStays() {
    assertKept(
        "it follows ElementWiseVertex sum, no convolution or dense layer",
        graph(
            g ->
                ended(
                    g.addLayer("a", point(Activation.IDENTITY), "input")
                        .addVertex(
                            "sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "a", "input")
                        .addLayer("norm", norm(), "sum"),
                    "norm")));
  }

  @Test
  void normsOfTheInputStay() {
    assertKept(
        "it follows the network's input, no convolution or dense layer",
        graph(g -> ended(g.addLayer("norm", norm(), "input"), "norm")));
  }

  @Test
  void normsBehindActivationsStay() {
    assertKept(
        "the activation of a comes in between",
        graph(
            g ->
                ended(
                    g.addLayer("a", point(Activation.RELU), "input").addLayer("norm", norm(), "a"),
                    "norm")));
  }

  @Test
  void normsOfLayersWithOtherReadersStay() {
    assertKept(
        "a has other readers",
        graph(
            g ->
                ended(
                    g.addLayer("a", point(Activation.IDENTITY), "input")
                        .addLayer("norm", norm(), "a")
                        .addVertex(
                            "sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "a", "norm"),
                    "sum")));
  }

  @Test
  void normsOfConstrainedLayersStay() {
    ConvolutionLayer constrained =
        new ConvolutionLayer.Builder(1, 1)
            .nOut(4)
            .constrainWeights(new MaxNormConstraint(1, 1))
            .build();
    assertKept(
        "the weights of a are constrained",
        graph(
            g ->
                ended(
                    g.addLayer("a", constrained, "input").addLayer("norm", norm(), "a"), "norm")));
  }

  @Test
  void frozenNormsStay() {
    assertKept(
        "it is frozen",
        graph(
            g ->
                ended(
                    g.addLayer("a", point(Activation.IDENTITY), "input")
                        .addLayer("norm", new FrozenLayer(norm()), "a"),
                    "norm")));
  }

  @Test
  void severalReadersOfTheNormDoNoHarm() {
    ComputationGraph network =
        graph(
            g ->
                ended(
                    g.addLayer("layer", point(Activation.IDENTITY), "input")
                        .addLayer("norm", norm(), "layer")
                        .addLayer("b", point(Activation.IDENTITY), "norm")
                        .addVertex(
                            "sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "b", "norm"),
                    "sum"));
    assertFolds(network, features(IMAGES));
  }
}
