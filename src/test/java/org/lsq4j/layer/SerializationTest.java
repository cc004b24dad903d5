package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;
import org.lsq4j.quantizer.GradientScale;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.InitializerKind;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Networks with quantized layers are saved, loaded and cloned as DL4J does it, losing nothing. */
class SerializationTest {

  /** Nothing is at its default, so that whatever is lost is seen. */
  private static final LayerQuantization UNUSUAL =
      LayerQuantization.of(
              QuantizerSpec.weights(3)
                  .withSpan(CodeSpan.NARROW)
                  .withGranularity(Granularity.PER_CHANNEL)
                  .withInitializer(InitializerKind.MSE)
                  .withGradientScale(GradientScale.NONE),
              QuantizerSpec.activations(5, CodeSign.UNSIGNED)
                  .withOffset(OffsetMode.INTEGER)
                  .withInitializer(InitializerKind.MIN_MAX)
                  .withGradientScale(GradientScale.PER_BATCH))
          .withStepUpdater(new Nesterovs(0.01, 0.7))
          .withStepWeightDecay(0.003)
          .withStepRate(0.2);

  static Stream<FeedForwardLayer> layers() {
    return Stream.of(
        new QuantizedConvolution2D.Builder(3, 2)
            .name("image")
            .nIn(6)
            .nOut(4)
            .groups(2)
            .stride(2, 1)
            .dilation(1, 2)
            .convolutionMode(ConvolutionMode.Same)
            .dataFormat(CNN2DFormat.NHWC)
            .hasBias(false)
            .activation(Activation.SWISH)
            .quantization(UNUSUAL)
            .build(),
        new QuantizedDeconvolution2D.Builder(3, 2)
            .name("transposed")
            .nIn(6)
            .nOut(4)
            .stride(2, 1)
            .dilation(1, 2)
            .convolutionMode(ConvolutionMode.Same)
            .dataFormat(CNN2DFormat.NHWC)
            .hasBias(false)
            .activation(Activation.SWISH)
            .quantization(UNUSUAL)
            .build(),
        new QuantizedConvolution1D.Builder(4)
            .name("sequence")
            .nIn(3)
            .nOut(6)
            .groups(3)
            .dilation(2)
            .rnnDataFormat(RNNFormat.NWC)
            .convolutionMode(ConvolutionMode.Causal)
            .quantization(UNUSUAL)
            .build(),
        new QuantizedDense.Builder()
            .name("dense")
            .nIn(3)
            .nOut(5)
            .hasBias(false)
            .dropOut(0.8)
            .l2(0.1)
            .quantization(UNUSUAL)
            .build(),
        new QuantizedOutput.Builder(LossFunction.MSE)
            .name("output")
            .nIn(3)
            .nOut(5)
            .hasBias(false)
            .activation(Activation.TANH)
            .quantization(UNUSUAL)
            .build(),
        FastBatchNormalization.of(
            new BatchNormalization.Builder()
                .decay(0.7)
                .name("norm")
                .nIn(3)
                .nOut(3)
                .eps(0.01)
                .gamma(2)
                .beta(0.5)
                .lockGammaBeta(true)
                .useLogStd(false)
                .dataFormat(CNN2DFormat.NHWC)
                .build()));
  }

  /** As networks were written before layers could have a step rate of their own. */
  @Test
  void networksWithoutStepRateAreRead() {
    QuantizedDense layer =
        new QuantizedDense.Builder().nIn(3).nOut(5).quantization(UNUSUAL).build();
    MultiLayerNetwork chain =
        new MultiLayerNetwork(new NeuralNetConfiguration.Builder().list().layer(layer).build());
    chain.init();
    String json = chain.getLayerWiseConfigurations().toJson();
    String earlier = json.replaceAll(",\\s*\"stepRate\" : [0-9.]+", "");
    assertNotEquals(json, earlier);
    QuantizedDense read =
        (QuantizedDense) MultiLayerConfiguration.fromJson(earlier).getConf(0).getLayer();
    assertEquals(UNUSUAL.withStepRate(null), read.getQuantization());
  }

  @ParameterizedTest
  @MethodSource("layers")
  void layerEqualsItselfReadFromJson(FeedForwardLayer layer) {
    NeuralNetConfiguration.Builder settings =
        new NeuralNetConfiguration.Builder().updater(new Adam());
    MultiLayerNetwork chain = new MultiLayerNetwork(settings.list().layer(layer).build());
    // Until then DL4J loses useLogStd of its batch normalization.
    chain.init();
    MultiLayerConfiguration conf = chain.getLayerWiseConfigurations();
    MultiLayerConfiguration read = MultiLayerConfiguration.fromJson(conf.toJson());
    assertEqualButDistinct(conf.getConf(0).getLayer(), read.getConf(0).getLayer());

    ComputationGraph graph =
        new ComputationGraph(
            settings
                .graphBuilder()
                .addInputs("in")
                .addLayer("it", layer.clone(), "in")
                .setOutputs("it")
                .build());
    graph.init();
    assertEquals(
        graph.getConfiguration(),
        ComputationGraphConfiguration.fromJson(graph.getConfiguration().toJson()));
  }

  @ParameterizedTest
  @MethodSource("layers")
  void layerEqualsItsClone(FeedForwardLayer layer) {
    assertEqualButDistinct(layer, layer.clone());
    assertEquals(layer.toString(), layer.clone().toString());
  }

  private static void assertEqualButDistinct(Layer expected, Layer actual) {
    assertNotSame(expected, actual);
    assertEquals(expected.getClass(), actual.getClass());
    assertEquals(expected, actual);
    assertEquals(expected.hashCode(), actual.hashCode());
    FeedForwardLayer changed = (FeedForwardLayer) actual.clone();
    changed.setNOut(changed.getNOut() + 1);
    assertNotEquals(expected, changed);
    if (actual.clone() instanceof QuantizedLayerConfiguration quantized) {
      quantized.setQuantization(LayerQuantization.FLOAT);
      assertNotEquals(expected, quantized);
    }
  }

  @ParameterizedTest
  @MethodSource("layers")
  void stockLayersAreNotEqual(FeedForwardLayer layer) {
    assertNotEquals(layer, new BatchNormalization());
    assertNotEquals(new BatchNormalization(), new FastBatchNormalization());
    assertNotEquals(new FastBatchNormalization(), new BatchNormalization());
  }

  static Stream<Model> networks() {
    return networks(new Adam(0.01));
  }

  /** DL4J's clone of a graph forgets the iteration, which Adam looks at. */
  static Stream<Model> networksWithoutIteration() {
    return networks(new Nesterovs(0.01, 0.9));
  }

  private static Stream<Model> networks(IUpdater updater) {
    MultiLayerNetwork chain =
        TestNetworks.chain(
            DataType.FLOAT, updater, TestNetworks.IMAGES, TestNetworks.imageLayers(UNUSUAL));
    ComputationGraph graph =
        TestNetworks.graph(
            DataType.FLOAT, updater, TestNetworks.IMAGES, TestNetworks.imageLayers(UNUSUAL));
    return Stream.of(TestNetworks.initialized(chain), TestNetworks.initialized(graph));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void loadedNetworkIsTheSameAndTrainsOnTheSame(Model network) throws IOException {
    fit(network, 1);
    fit(network, 2);
    Model loaded = load(network);
    assertSameNetworks(network, loaded);
    fit(network, 3);
    fit(loaded, 3);
    assertSameNetworks(network, loaded);
  }

  @ParameterizedTest
  @MethodSource("networksWithoutIteration")
  void cloneIsTheSameAndIndependent(Model network) {
    fit(network, 1);
    Model clone =
        network instanceof MultiLayerNetwork chain
            ? chain.clone()
            : ((ComputationGraph) network).clone();
    assertSameNetworks(network, clone);
    INDArray before = network.params().dup();
    fit(clone, 2);
    assertEquals(before, network.params());
    fit(network, 2);
    assertSameNetworks(network, clone);
  }

  /** DL4J never asks the layer when parameters are set as a whole. */
  @ParameterizedTest
  @MethodSource("networks")
  void flatParametersCanBeExchanged(Model network) {
    INDArray parameters = network.params().dup();
    INDArray output = output(network);
    fit(network, 1);
    assertNotEquals(output, output(network));
    network.setParams(parameters);
    assertEquals(output, output(network));
  }

  @Test
  void savedStepsCountAsInitialized() throws IOException {
    Model network = networks().findFirst().orElseThrow();
    TestNetworks.quantizers((MultiLayerNetwork) load(network))
        .forEach(
            quantizers -> {
              for (QuantizerRole role : QuantizerRole.values()) {
                assertTrue(quantizers.isInitialized(role));
              }
            });
  }

  @ParameterizedTest
  @MethodSource("networks")
  void summaryAndMemoryReportNameTheLayers(Model network) {
    String summary =
        network instanceof MultiLayerNetwork chain
            ? chain.summary(TestNetworks.IMAGES)
            : ((ComputationGraph) network).summary(TestNetworks.IMAGES);
    String report =
        network instanceof MultiLayerNetwork chain
            ? chain.getLayerWiseConfigurations().getMemoryReport(TestNetworks.IMAGES).toString()
            : ((ComputationGraph) network)
                .getConfiguration()
                .getMemoryReport(TestNetworks.IMAGES)
                .toString();
    for (String type : List.of("QuantizedConvolution2D", "QuantizedDense", "QuantizedOutput")) {
      assertTrue(summary.contains(type), summary);
    }
    assertTrue(report.contains("2 x QuantizedConvolution2D"), report);
    assertTrue(report.contains("1 x QuantizedDense, 1 x QuantizedOutput"), report);
  }

  @Test
  void sequenceLayerReportsItsMemory() {
    FeedForwardLayer layer =
        layers().filter(QuantizedConvolution1D.class::isInstance).findFirst().orElseThrow();
    layer.setIUpdater(new Sgd(0.1));
    InputType input = InputType.recurrent(3, 12, RNNFormat.NWC);
    assertTrue(layer.getMemoryReport(input).toString().contains("sequence"));
  }

  private static Model load(Model network) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ModelSerializer.writeModel(network, file, true);
    ByteArrayInputStream stream = new ByteArrayInputStream(file.toByteArray());
    return network instanceof MultiLayerNetwork
        ? ModelSerializer.restoreMultiLayerNetwork(stream, true)
        : ModelSerializer.restoreComputationGraph(stream, true);
  }

  private static void assertSameNetworks(Model expected, Model actual) {
    assertEquals(expected.params(), actual.params());
    assertEquals(output(expected), output(actual));
  }

  private static void fit(Model network, long seed) {
    DataSet data =
        new DataSet(
            TestNetworks.images(DataType.FLOAT, 5, seed), TestNetworks.labels(DataType.FLOAT, 5));
    if (network instanceof MultiLayerNetwork chain) {
      chain.fit(data);
    } else {
      ((ComputationGraph) network).fit(data);
    }
  }

  private static INDArray output(Model network) {
    INDArray x = TestNetworks.images(DataType.FLOAT, 3, 9);
    return network instanceof MultiLayerNetwork chain
        ? chain.output(x)
        : ((ComputationGraph) network).outputSingle(x);
  }
}
