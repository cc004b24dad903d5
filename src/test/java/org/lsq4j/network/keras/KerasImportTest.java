package org.lsq4j.network.keras;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.network.FastNetwork;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.TestNetworks;
import org.lsq4j.network.keras.KerasModels.Convolution;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** Imported models compute what Keras's documentation says, and can be trained and quantized. */
class KerasImportTest {

  private static final double TOLERANCE = 1e-5;
  private static final int CLASSES = 3;

  @TempDir private Path folder;
  private int files;

  /** A model of one kind: how it is built, and the size of its images. */
  private record Case(int height, int width, Consumer<KerasModels> layers, boolean isSequential) {

    KerasModelWriter model() {
      KerasModelWriter model = new KerasModelWriter(7, height, width, 2);
      layers.accept(new KerasModels(model));
      return isSequential ? model.sequential() : model;
    }
  }

  private static Convolution same(int inputs, int filters, int kernel, int stride) {
    return new Convolution(inputs, filters, kernel, stride, "same");
  }

  private static Convolution valid(int inputs, int filters, int kernel, int stride) {
    return new Convolution(inputs, filters, kernel, stride, "valid");
  }

  private static void residual(KerasModels m) {
    m.convolution("conv", same(2, 4, 3, 1), "linear")
        .norm("norm", 4)
        .activation("relu", "relu")
        .convolution("conv_1", same(4, 6, 3, 2), "linear")
        .norm("norm_1", 6)
        .convolution("short", same(4, 6, 1, 2), "linear", "relu")
        .other("Add", "add", "{}", "short", "norm_1")
        .activation("relu_1", "relu")
        .pool("AveragePooling2D", "pool", 2, 2, "valid")
        .other("Flatten", "flatten", "{'data_format': 'channels_last'}");
  }

  private static void mobile(KerasModels m) {
    m.other("ZeroPadding2D", "pad", "{'padding': [[0, 1], [0, 1]], 'data_format': 'channels_last'}")
        .unbiased("conv", valid(2, 4, 3, 2))
        .norm("norm", 4)
        .relu("relu", "6.0")
        .depthwise("dw", 4, 2, 1, "same")
        .norm("norm_1", 8)
        .relu("relu_1", "null")
        .unbiased("point", same(8, 6, 1, 1))
        .norm("norm_2", 6)
        .activation("swish", "swish")
        .other("GlobalAveragePooling2D", "mean", "{'data_format': 'channels_last'}")
        .other("Dropout", "dropout", "{'rate': 0.3}")
        .dense("dense", 6, CLASSES, "softmax");
  }

  private static void chain(KerasModels m) {
    m.convolution("conv", valid(2, 3, 3, 1), "relu")
        .pool("MaxPooling2D", "pool", 3, 2, "same")
        .norm("norm", 3)
        .convolution("conv_1", same(3, 4, 3, 1), "tanh")
        .other("Flatten", "flatten", "{'data_format': 'channels_last'}");
  }

  static Stream<Arguments> models() {
    return Stream.of(
        Arguments.of("residual", new Case(8, 8, m -> ending(m, KerasImportTest::residual), false)),
        Arguments.of("mobile", new Case(8, 10, KerasImportTest::mobile, false)),
        Arguments.of("mobile, odd", new Case(9, 7, KerasImportTest::mobile, false)),
        Arguments.of(
            "sequential",
            new Case(9, 8, m -> chainEnding(m).dense("dense", 48, CLASSES, "softmax"), true)),
        Arguments.of(
            "sequential with softmax apart",
            new Case(
                9,
                8,
                m ->
                    chainEnding(m).dense("dense", 48, CLASSES, "linear").activation("p", "softmax"),
                true)),
        Arguments.of("concatenation", new Case(7, 8, KerasImportTest::branches, false)));
  }

  private static void ending(KerasModels m, Consumer<KerasModels> body) {
    body.accept(m);
    m.dense("dense", 24, CLASSES, "softmax");
  }

  private static KerasModels chainEnding(KerasModels m) {
    chain(m);
    return m;
  }

  private static void branches(KerasModels m) {
    m.dilated("left", same(2, 3, 3, 1), 2, "image")
        .norm("norm", 3, false, true)
        .unbiased("right", same(2, 2, 5, 1), "image")
        .norm("norm_1", 2, true, true)
        .other("LeakyReLU", "leaky", "{'alpha': 0.2}")
        .other("Concatenate", "join", "{'axis': -1}", "norm", "leaky")
        .convolution("c", valid(5, 4, 3, 2), "relu6")
        .pool("AveragePooling2D", "pool", 2, 2, "same")
        .other("Flatten", "flatten", "{'data_format': 'channels_last'}")
        .dense("hidden", 16, 5, "sigmoid")
        .dense("dense", 5, CLASSES, "linear")
        .other("Softmax", "softmax", "{'axis': -1}");
  }

  private static KerasOracle.Image image(Case c) {
    Random random = new Random(3);
    KerasOracle.Image image = new KerasOracle.Image(c.height, c.width, 2);
    Arrays.setAll(image.values(), i -> (float) random.nextGaussian());
    return image;
  }

  private static INDArray batch(Case c) {
    return Nd4j.create(image(c).values(), new long[] {1, c.height, c.width, 2}, 'c')
        .castTo(org.nd4j.linalg.api.buffer.DataType.FLOAT);
  }

  private NeuralNetwork load(KerasModelWriter model) {
    return Networks.load(model.write(folder.resolve("model" + files++ + ".h5")));
  }

  private static void assertComputes(double[] expected, NeuralNetwork network, INDArray batch) {
    INDArray output = Networks.output(network, batch);
    assertEquals(expected.length, output.length());
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], output.getDouble(i), TOLERANCE);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void importedModelsComputeAsKeras(String name, Case c) throws IOException {
    KerasModelWriter model = c.model();
    double[] expected = KerasOracle.compute(model.layers(), image(c));
    NeuralNetwork network = load(model);
    assertComputes(expected, network, batch(c));
    assertComputes(expected, FastNetwork.of(network), batch(c));
    NeuralNetwork converted =
        new NetworkQuantizer(QuantizationPolicy.builder(4, 4).build()).quantize(network).network();
    assertComputes(expected, TestNetworks.bypassed(converted), batch(c));
    Path saved = folder.resolve("saved.zip");
    ModelSerializer.writeModel((Model) network, saved.toFile(), true);
    assertComputes(expected, Networks.load(saved), batch(c));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void importedModelsTrain(String name, Case c) {
    NeuralNetwork network = FastNetwork.of(load(c.model()));
    DataSet example = new DataSet(batch(c), Nd4j.create(new float[][] {{0, 1, 0}}));
    network.fit(example);
    double before = Networks.score(network);
    for (int step = 0; step < 20; step++) {
      network.fit(example);
    }
    assertTrue(Networks.score(network) < before, () -> Networks.score(network) + " < " + before);
  }

  @Test
  void kindsOfModelsAreKept() {
    assertInstanceOf(
        ComputationGraph.class, load(new Case(8, 10, KerasImportTest::mobile, false).model()));
    Case chain = new Case(9, 8, m -> chainEnding(m).dense("d", 48, CLASSES, "softmax"), true);
    assertInstanceOf(MultiLayerNetwork.class, load(chain.model()));
  }

  @Test
  void regularizersAndIdleDropoutAreLeftOut() {
    NeuralNetwork network =
        load(new Case(8, 8, m -> ending(m, KerasImportTest::residual), false).model());
    for (Layer layer : Networks.layers(network)) {
      assertNull(layer.conf().getLayer().getIDropout(), Networks.nameOf(layer));
      if (layer.conf().getLayer() instanceof BaseLayer base) {
        assertEquals(List.of(), base.getRegularization(), Networks.nameOf(layer));
      }
    }
  }

  @Test
  void separateRectifiersAreFusedByTheConversion() {
    ComputationGraph network =
        (ComputationGraph)
            FastNetwork.of(
                load(new Case(8, 8, m -> ending(m, KerasImportTest::residual), false).model()));
    FastBatchNormalization norm =
        (FastBatchNormalization) network.getLayer("norm").conf().getLayer();
    assertEquals(org.lsq4j.compute.Rectifier.RELU, norm.getRectifier());
    org.lsq4j.layer.FastAddVertex sum =
        (org.lsq4j.layer.FastAddVertex) network.getConfiguration().getVertices().get("add");
    assertEquals(org.lsq4j.compute.Rectifier.RELU, sum.getRectifier());
  }

  private static KerasModelWriter dense(String activation) {
    KerasModelWriter model = new KerasModelWriter(5, 4, 4, 2).sequential();
    new KerasModels(model)
        .other("Flatten", "flatten", "{'data_format': 'channels_last'}")
        .dense("dense", 32, CLASSES, activation);
    return model;
  }

  private OutputLayer outputOf(KerasModelWriter model) {
    List<Layer> layers = Networks.layers(load(model));
    return (OutputLayer) layers.get(layers.size() - 1).conf().getLayer();
  }

  @Test
  void theLastLayerGetsTheLossThatBelongsToIt() {
    assertEquals(new LossMCXENT(), outputOf(dense("softmax")).getLossFn());
    assertEquals(new LossBinaryXENT(), outputOf(dense("sigmoid")).getLossFn());
    assertEquals(new LossMSE(), outputOf(dense("linear").loss("\"mse\"")).getLossFn());
    assertEquals(
        new LossMSE(), outputOf(dense("linear").loss("\"mean_squared_error\"")).getLossFn());
  }

  @Test
  void logitsGetTheSoftmaxOfTheirLoss() {
    String loss = "{\"class_name\": \"CategoricalCrossentropy\", \"config\": {}}";
    for (KerasModelWriter model : List.of(dense("linear").loss(loss), dense("linear").loss(null))) {
      OutputLayer output = outputOf(model);
      assertEquals(new LossMCXENT(), output.getLossFn());
      assertEquals(new ActivationSoftmax(), output.getActivationFn());
    }
  }

  @Test
  void anActivationAtTheEndBecomesALossLayer() {
    Case c =
        new Case(
            9, 8, m -> chainEnding(m).dense("d", 48, 3, "linear").activation("p", "softmax"), true);
    List<Layer> layers = Networks.layers(load(c.model()));
    assertInstanceOf(LossLayer.class, layers.get(layers.size() - 1).conf().getLayer());
  }
}
