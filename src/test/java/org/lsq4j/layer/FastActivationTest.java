package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.compute.Tensors.assertClose;
import static org.lsq4j.layer.TrainingComparison.assertTrainAlike;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.Tensors;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationSwish;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.memory.enums.LearningPolicy;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** The same as DL4J's activation layer, in all of DL4J's ways to use memory. */
class FastActivationTest {

  private static final IUpdater UPDATER = new Nesterovs(0.02, 0.9);
  private static final Rectifier[] RECTIFIERS = Rectifier.values();

  /** Makes the layer of a rectifier. */
  private interface Kind {
    Layer of(Rectifier rectifier);
  }

  private static Layer stock(Rectifier rectifier) {
    return new ActivationLayer(rectifier == Rectifier.RELU ? Activation.RELU : Activation.IDENTITY);
  }

  private static Layer ours(Rectifier rectifier) {
    return new FastActivation(rectifier);
  }

  /** Both rectifiers at even and at odd places, which have different workspaces. */
  private static Layer[] layers(Kind kind) {
    return new Layer[] {
      new ConvolutionLayer.Builder(3, 3).nOut(4).activation(Activation.IDENTITY).build(),
      kind.of(Rectifier.NONE),
      kind.of(Rectifier.RELU),
      new ConvolutionLayer.Builder(2, 2).nOut(3).activation(Activation.IDENTITY).build(),
      kind.of(Rectifier.NONE),
      kind.of(Rectifier.NONE),
      new DenseLayer.Builder().nOut(6).activation(Activation.IDENTITY).build(),
      kind.of(Rectifier.RELU),
      kind.of(Rectifier.NONE),
      new DropoutLayer(1.0),
      kind.of(Rectifier.NONE),
      new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build()
    };
  }

  private static MultiLayerNetwork chain(DataType type, Layer... layers) {
    return TestNetworks.chain(type, UPDATER, TestNetworks.IMAGES, layers);
  }

  private static ComputationGraph graph(DataType type, Layer... layers) {
    return TestNetworks.graph(type, UPDATER, TestNetworks.IMAGES, layers);
  }

  @ParameterizedTest
  @MethodSource(TrainingComparison.MODES)
  void chainsTrainLikeStockLayers(DataType type, WorkspaceMode mode) {
    assertTrainAlike(
        TrainingComparison.with(mode, chain(type, layers(FastActivationTest::stock))),
        TrainingComparison.with(mode, chain(type, layers(FastActivationTest::ours))),
        type);
  }

  @ParameterizedTest
  @MethodSource(TrainingComparison.MODES)
  void graphsTrainLikeStockLayers(DataType type, WorkspaceMode mode) {
    assertTrainAlike(
        TrainingComparison.with(mode, graph(type, layers(FastActivationTest::stock))),
        TrainingComparison.with(mode, graph(type, layers(FastActivationTest::ours))),
        type);
  }

  /** DL4J hands batches over in a workspace of the thread that reads them. */
  @ParameterizedTest
  @EnumSource
  void takesTheBatchesOfAnAsynchronousIterator(Rectifier rectifier) {
    Layer[] layers = {
      new FastActivation(rectifier),
      new FastActivation(rectifier),
      new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build()
    };
    MultiLayerNetwork single = chain(DataType.FLOAT, layers);
    MultiLayerNetwork chain = single.clone();
    ComputationGraph graph = single.toComputationGraph();
    List<DataSet> batches =
        Stream.of(3, 5, 2)
            .map(
                examples ->
                    new DataSet(
                        TestNetworks.images(DataType.FLOAT, examples, examples),
                        TestNetworks.labels(DataType.FLOAT, examples)))
            .toList();
    batches.forEach(single::fit);
    chain.fit(new ExistingDataSetIterator(batches));
    graph.fit(new ExistingDataSetIterator(batches));
    assertEquals(single.params(), chain.params());
    assertEquals(single.params(), graph.params());
  }

  @ParameterizedTest
  @EnumSource
  void leavesTheFeaturesAsTheyAre(Rectifier rectifier) {
    MultiLayerNetwork network =
        chain(
            DataType.FLOAT,
            new FastActivation(rectifier),
            new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build());
    INDArray x = TestNetworks.images(DataType.FLOAT, 3, 1);
    INDArray before = x.dup();
    network.output(x);
    network.feedForward(x, false);
    network.fit(x, TestNetworks.labels(DataType.FLOAT, 3));
    assertEquals(before, x);
  }

  @ParameterizedTest
  @EnumSource
  void convertsFeaturesOfOtherTypes(Rectifier rectifier) {
    MultiLayerNetwork floats =
        chain(
            DataType.FLOAT,
            new FastActivation(rectifier),
            new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build());
    MultiLayerNetwork integers = floats.clone();
    INDArray x = TestNetworks.images(DataType.FLOAT, 4, 5).muli(3).castTo(DataType.INT8);
    for (int step = 0; step < 2; step++) {
      floats.fit(x.castTo(DataType.FLOAT), TestNetworks.labels(DataType.FLOAT, 4));
      integers.fit(x, TestNetworks.labels(DataType.FLOAT, 4));
    }
    assertEquals(floats.params(), integers.params());
  }

  @Test
  void putsTheOutputIntoAWorkspace() {
    Layer[] layers = layers(FastActivationTest::ours);
    Layer[] body = Arrays.copyOf(layers, layers.length - 1);
    MultiLayerNetwork chain = chain(DataType.FLOAT, body);
    INDArray x = TestNetworks.images(DataType.FLOAT, 3, 1);
    INDArray expected = chain.output(x);
    WorkspaceConfiguration conf =
        WorkspaceConfiguration.builder()
            .initialSize(1 << 20)
            .policyLearning(LearningPolicy.NONE)
            .build();
    try (MemoryWorkspace workspace =
        Nd4j.getWorkspaceManager().getAndActivateWorkspace(conf, "FastActivationTest")) {
      INDArray actual = chain.output(x, false, workspace);
      assertTrue(actual.isAttached());
      assertEquals(expected, actual);
    }
  }

  /** The rest of a time series is masked in the loss. */
  @Test
  void sequencesWithMasksTrainLikeStockLayers() {
    MultiLayerNetwork expected = sequences(FastActivationTest::stock);
    MultiLayerNetwork actual = sequences(FastActivationTest::ours);
    INDArray x = Tensors.gaussian(1, DataType.FLOAT, 4, 3, 6);
    INDArray labels = Tensors.gaussian(2, DataType.FLOAT, 4, 2, 6);
    INDArray mask = Nd4j.ones(4, 6);
    mask.putScalar(1, 5, 0).putScalar(2, 4, 0).putScalar(2, 5, 0);
    for (int step = 0; step < 3; step++) {
      expected.fit(new DataSet(x, labels, mask, mask));
      actual.fit(new DataSet(x, labels, mask, mask));
    }
    assertClose(expected.params(), actual.params(), 1e-5, "parameters");
    assertClose(
        expected.output(x, false, mask, mask), actual.output(x, false, mask, mask), 1e-5, "output");
    assertClose(expected.rnnTimeStep(x), actual.rnnTimeStep(x), 1e-5, "time steps");
  }

  private static MultiLayerNetwork sequences(Kind kind) {
    return TestNetworks.chain(
        DataType.FLOAT,
        UPDATER,
        InputType.recurrent(3, 6),
        new LSTM.Builder().nOut(4).build(),
        kind.of(Rectifier.RELU),
        kind.of(Rectifier.NONE),
        new RnnOutputLayer.Builder(LossFunction.MSE)
            .nOut(2)
            .activation(Activation.IDENTITY)
            .build());
  }

  /** DL4J adds up the gradients of two readers in the array that it got from the first. */
  @ParameterizedTest
  @EnumSource(
      value = WorkspaceMode.class,
      names = {"ENABLED", "NONE"})
  void externalErrorsStayAsTheyAre(WorkspaceMode mode) {
    ComputationGraph expected = twoOutputs(FastActivationTest::stock, mode);
    ComputationGraph actual = twoOutputs(FastActivationTest::ours, mode);
    INDArray x = Tensors.gaussian(1, DataType.FLOAT, 5, 3);
    INDArray[] errors = {
      Tensors.gaussian(2, DataType.FLOAT, 5, 4), Tensors.gaussian(3, DataType.FLOAT, 5, 4)
    };
    INDArray[] before = {errors[0].dup(), errors[1].dup()};
    INDArray wanted = weightGradient(expected, x, before[0].dup(), before[1].dup());
    assertClose(wanted, weightGradient(actual, x, errors), 1e-5, "dL/dW");
    assertEquals(before[0], errors[0]);
    assertEquals(before[1], errors[1]);
  }

  private static INDArray weightGradient(ComputationGraph graph, INDArray x, INDArray... errors) {
    graph.setInputs(x);
    graph.feedForward(new INDArray[] {x}, true, false);
    return graph.backpropGradient(errors).getGradientFor("dense_W");
  }

  private static ComputationGraph twoOutputs(Kind kind, WorkspaceMode mode) {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(11)
                .trainingWorkspaceMode(mode)
                .inferenceWorkspaceMode(mode)
                .graphBuilder()
                .addInputs("in")
                .addLayer(
                    "dense",
                    new DenseLayer.Builder().nIn(3).nOut(4).activation(Activation.IDENTITY).build(),
                    "in")
                .addLayer("left", kind.of(Rectifier.NONE), "dense")
                .addLayer("right", kind.of(Rectifier.NONE), "dense")
                .setOutputs("left", "right")
                .build());
    graph.init();
    return graph;
  }

  @ParameterizedTest
  @EnumSource
  void passesGradientsWhenFrozen(Rectifier rectifier) {
    MultiLayerNetwork frozen = frozenBehindFirst(rectifier, true);
    MultiLayerNetwork free = frozenBehindFirst(rectifier, false);
    for (int step = 0; step < 2; step++) {
      INDArray x = TestNetworks.images(DataType.FLOAT, 4, step);
      frozen.fit(x, TestNetworks.labels(DataType.FLOAT, 4));
      free.fit(x, TestNetworks.labels(DataType.FLOAT, 4));
    }
    assertEquals(free.params(), frozen.params());
  }

  private static MultiLayerNetwork frozenBehindFirst(Rectifier rectifier, boolean frozen) {
    Layer activation = new FastActivation(rectifier);
    return chain(
        DataType.FLOAT,
        new ConvolutionLayer.Builder(3, 3).nOut(4).activation(Activation.IDENTITY).build(),
        frozen ? new FrozenLayerWithBackprop(activation) : activation,
        new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build());
  }

  @ParameterizedTest
  @EnumSource
  void survivesJsonAndClone(Rectifier rectifier) {
    FastActivation layer = named(rectifier);
    MultiLayerConfiguration chain = chain(DataType.FLOAT, layer).getLayerWiseConfigurations();
    Layer read = MultiLayerConfiguration.fromJson(chain.toJson()).getConf(0).getLayer();
    ComputationGraphConfiguration graph = graph(DataType.FLOAT, layer.clone()).getConfiguration();
    assertEquals(graph, ComputationGraphConfiguration.fromJson(graph.toJson()));
    for (Layer copy : new Layer[] {read, layer.clone()}) {
      assertNotSame(layer, copy);
      assertEquals(
          Optional.of(rectifier),
          FastActivation.rectifierOf(
              assertInstanceOf(FastActivation.class, copy).getActivationFn()));
      assertEquals(layer, copy);
      assertEquals(layer.hashCode(), copy.hashCode());
      assertEquals(layer.toString(), copy.toString());
      assertEquals("act", copy.getLayerName());
      assertEquals(new Dropout(0.7), copy.getIDropout());
    }
  }

  private static FastActivation named(Rectifier rectifier) {
    ActivationLayer source =
        new ActivationLayer.Builder()
            .name("act")
            .activation(Activation.RELU)
            .dropOut(new Dropout(0.7))
            .build();
    return rectifier == Rectifier.RELU
        ? FastActivation.of(source)
        : FastActivation.passingOn(source);
  }

  @Test
  void equalsNothingElse() {
    for (Rectifier rectifier : RECTIFIERS) {
      assertNotEquals(new FastActivation(rectifier), stock(rectifier));
      assertNotEquals(stock(rectifier), new FastActivation(rectifier));
      assertNotEquals(new FastActivation(rectifier), named(rectifier));
    }
    assertNotEquals(new FastActivation(Rectifier.NONE), new FastActivation(Rectifier.RELU));
  }

  @Test
  void survivesZip() throws IOException {
    MultiLayerNetwork network = chain(DataType.FLOAT, layers(FastActivationTest::ours));
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ModelSerializer.writeModel(network, file, true);
    MultiLayerNetwork read =
        ModelSerializer.restoreMultiLayerNetwork(
            new ByteArrayInputStream(file.toByteArray()), true);
    INDArray x = TestNetworks.images(DataType.FLOAT, 3, 1);
    assertEquals(network.output(x), read.output(x));
    assertEquals(network.getLayerWiseConfigurations(), read.getLayerWiseConfigurations());
  }

  @Test
  void isInTheSummary() {
    Layer[] layers = layers(FastActivationTest::ours);
    String ofChain = chain(DataType.FLOAT, layers).summary();
    assertTrue(ofChain.contains("FastActivation"), ofChain);
    String ofGraph = graph(DataType.FLOAT, layers).summary(TestNetworks.IMAGES);
    assertTrue(ofGraph.contains("FastActivation"), ofGraph);
  }

  @ParameterizedTest
  @MethodSource(TrainingComparison.MODES)
  void swishTrainsLikeTheStockLayer(DataType type, WorkspaceMode mode) {
    ActivationLayer stock =
        new ActivationLayer.Builder().name("swish").activation(StableActivation.swish()).build();
    MultiLayerNetwork actual = chain(type, aroundActivation(FastActivation.of(stock)));
    assertTrainAlike(
        TrainingComparison.with(mode, chain(type, aroundActivation(stock))),
        TrainingComparison.with(mode, actual),
        type);
    MultiLayerConfiguration conf = actual.getLayerWiseConfigurations();
    assertEquals(conf, MultiLayerConfiguration.fromJson(conf.toJson()));
    assertEquals("swish", conf.getConf(1).getLayer().getLayerName());
  }

  private static Layer[] aroundActivation(Layer activation) {
    return new Layer[] {
      new ConvolutionLayer.Builder(3, 3).nOut(4).activation(Activation.IDENTITY).build(),
      activation,
      new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build()
    };
  }

  @Test
  void computesSwishOfBothKinds() {
    for (IActivation swish : List.of(new ActivationSwish(), StableActivation.swish())) {
      assertTrue(FastActivation.computes(swish));
      assertEquals(Optional.empty(), FastActivation.rectifierOf(swish));
      assertEquals(swish, new FastActivation(swish).getActivationFn());
    }
    assertThrows(IllegalArgumentException.class, () -> new FastActivation(new ActivationTanH()));
  }

  static Stream<Arguments> functions() {
    return Stream.of(
        Arguments.of(new ActivationIdentity(), Optional.of(Rectifier.NONE)),
        Arguments.of(new ActivationReLU(), Optional.of(Rectifier.RELU)),
        Arguments.of(new ActivationReLU(null, 0.0, 0.0), Optional.of(Rectifier.RELU)),
        Arguments.of(new ActivationReLU(6.0, null, null), Optional.empty()),
        Arguments.of(new ActivationReLU(null, 0.5, null), Optional.empty()),
        Arguments.of(new ActivationReLU(null, null, 0.1), Optional.empty()),
        Arguments.of(Activation.RELU6.getActivationFunction(), Optional.empty()),
        Arguments.of(Activation.LEAKYRELU.getActivationFunction(), Optional.empty()),
        Arguments.of(new ActivationTanH(), Optional.empty()));
  }

  @ParameterizedTest
  @MethodSource("functions")
  void rectifiersArePlainReluAndTheIdentityOnly(
      IActivation function, Optional<Rectifier> expected) {
    assertEquals(expected, FastActivation.rectifierOf(function));
    FastActivation layer = new FastActivation(Rectifier.NONE);
    if (expected.isPresent()) {
      layer.setActivationFn(function);
      assertEquals(expected, FastActivation.rectifierOf(layer.getActivationFn()));
    } else {
      assertThrows(IllegalArgumentException.class, () -> layer.setActivationFn(function));
    }
  }
}
