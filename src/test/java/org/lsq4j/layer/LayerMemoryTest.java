package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.Tensors;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Layers keep arrays between forward and backward pass in DL4J's workspaces, whose memory is used
 * again and again. Something kept in the wrong one shows as a difference to training without
 * workspaces, or as an exception.
 */
class LayerMemoryTest {

  private static final IUpdater UPDATER = new Nesterovs(0.02, 0.9);

  static Stream<LayerQuantization> quantizations() {
    return Stream.of(TestNetworks.FOUR_BITS, LayerQuantization.FLOAT);
  }

  private static MultiLayerNetwork chain(LayerQuantization quantization) {
    return TestNetworks.initialized(
        TestNetworks.chain(
            DataType.FLOAT, UPDATER, TestNetworks.IMAGES, TestNetworks.imageLayers(quantization)));
  }

  private static ComputationGraph graph(LayerQuantization quantization) {
    return TestNetworks.initialized(
        TestNetworks.graph(
            DataType.FLOAT, UPDATER, TestNetworks.IMAGES, TestNetworks.imageLayers(quantization)));
  }

  @ParameterizedTest
  @MethodSource("quantizations")
  void workspacesDoNotChangeResults(LayerQuantization quantization) {
    MultiLayerNetwork with = chain(quantization);
    MultiLayerNetwork without = chain(quantization);
    without.getLayerWiseConfigurations().setTrainingWorkspaceMode(WorkspaceMode.NONE);
    without.getLayerWiseConfigurations().setInferenceWorkspaceMode(WorkspaceMode.NONE);
    ComputationGraph graph = graph(quantization);
    graph.setParams(with.params());
    without.setParams(with.params());
    for (NeuralNetwork network : new NeuralNetwork[] {with, without, graph}) {
      trainUnevenly(network);
    }
    assertEquals(without.params(), with.params());
    assertEquals(without.params(), graph.params());
  }

  /** Other batch sizes, and inference with other batch and image sizes in between. */
  private static void trainUnevenly(NeuralNetwork network) {
    int[] examples = {4, 7, 2, 7, 7};
    for (int step = 0; step < examples.length; step++) {
      fit(network, TestNetworks.images(DataType.FLOAT, examples[step], step));
      output(network, TestNetworks.images(DataType.FLOAT, 1 + step % 3, 77));
    }
  }

  private static void fit(NeuralNetwork network, INDArray x) {
    DataSet data = new DataSet(x, TestNetworks.labels(DataType.FLOAT, (int) x.size(0)));
    if (network instanceof MultiLayerNetwork chain) {
      chain.fit(data);
    } else {
      ((ComputationGraph) network).fit(data);
    }
  }

  private static INDArray output(NeuralNetwork network, INDArray x) {
    return network instanceof MultiLayerNetwork chain
        ? chain.output(x)
        : ((ComputationGraph) network).outputSingle(x);
  }

  @Test
  void convolutionsTakeImagesOfOtherSizes() {
    Layer[] layers = {
      new QuantizedConvolution2D.Builder(3, 3)
          .nOut(4)
          .stride(2, 2)
          .convolutionMode(ConvolutionMode.Same)
          .quantization(TestNetworks.FOUR_BITS)
          .activation(Activation.TANH)
          .build(),
      new GlobalPoolingLayer(),
      new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build()
    };
    MultiLayerNetwork network =
        TestNetworks.initialized(
            TestNetworks.chain(DataType.FLOAT, UPDATER, TestNetworks.IMAGES, layers));
    INDArray usual = TestNetworks.images(DataType.FLOAT, 3, 1);
    INDArray before = network.output(usual);
    network.output(Tensors.gaussian(2, DataType.FLOAT, 2, 2, 11, 5));
    assertEquals(before, network.output(usual));
    fit(network, Tensors.gaussian(3, DataType.FLOAT, 2, 2, 11, 5));
    fit(network, usual);
    assertNotEquals(before, network.output(usual));
  }

  /** Recurrent layers give column-major sequences, which have to be copied to make images. */
  @Test
  void sequencesOfRecurrentLayersAreKept() {
    MultiLayerNetwork ours =
        sequences(
            new QuantizedConvolution1D.Builder(3).nOut(4).activation(Activation.TANH).build());
    MultiLayerNetwork stock =
        sequences(new Convolution1DLayer.Builder(3).nOut(4).activation(Activation.TANH).build());
    stock.paramTable().forEach((key, value) -> value.assign(ours.getParam(key)));
    // DL4J's 1-D weights say [nOut, nIn, k, 1], but its layer reads them as [k, nIn, nOut].
    INDArray weights = ours.getParam("1_W");
    long[] shape = weights.shape();
    INDArray read = weights.reshape(shape[0], shape[1], shape[2]).permute(2, 1, 0).dup('c');
    stock.getParam("1_W").assign(read.reshape(shape));
    INDArray x = Tensors.gaussian(1, DataType.FLOAT, 5, 3, 9);
    INDArray before = ours.output(x);
    for (int step = 0; step < 3; step++) {
      Tensors.assertClose(stock.output(x), ours.output(x), 1e-5, "output before step " + step);
      fit(ours, x);
      fit(stock, x);
    }
    assertNotEquals(before, ours.output(x));
  }

  private static MultiLayerNetwork sequences(Layer convolution) {
    return TestNetworks.chain(
        DataType.FLOAT,
        UPDATER,
        InputType.recurrent(3, 9),
        new LSTM.Builder().nOut(4).build(),
        convolution,
        new GlobalPoolingLayer(),
        new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build());
  }

  /** Pixels often come as bytes, and are converted by the first layer. */
  @ParameterizedTest
  @MethodSource("quantizations")
  void integerFeaturesEqualFloatOnes(LayerQuantization quantization) {
    MultiLayerNetwork floats = chain(quantization);
    MultiLayerNetwork integers = floats.clone();
    INDArray x = TestNetworks.images(DataType.FLOAT, 4, 5).muli(3).castTo(DataType.INT8);
    for (int step = 0; step < 2; step++) {
      fit(floats, x.castTo(DataType.FLOAT));
      fit(integers, x);
    }
    assertEquals(floats.params(), integers.params());
  }

  /** DL4J runs frozen layers in inference mode, forward as well as before a backward pass. */
  @ParameterizedTest
  @MethodSource("quantizations")
  void gradientsPassFrozenLayers(LayerQuantization quantization) {
    MultiLayerNetwork with = frozenBehindFirst(quantization);
    MultiLayerNetwork without = with.clone();
    without.getLayerWiseConfigurations().setTrainingWorkspaceMode(WorkspaceMode.NONE);
    INDArray before = with.params().dup();
    for (int step = 0; step < 2; step++) {
      fit(with, TestNetworks.images(DataType.FLOAT, 4, step));
      fit(without, TestNetworks.images(DataType.FLOAT, 4, step));
    }
    assertEquals(without.params(), with.params());
    assertNotEquals(before, with.params(), "the first layer is trained");
    for (String key : new String[] {"1_gamma", "1_mean", "2_W", "3_b"}) {
      INDArray fresh = frozenBehindFirst(quantization).getParam(key);
      assertEquals(fresh, with.getParam(key), key);
    }
  }

  private static MultiLayerNetwork frozenBehindFirst(LayerQuantization quantization) {
    Layer[] layers = TestNetworks.imageLayers(quantization);
    for (int i = 1; i < layers.length - 1; i++) {
      layers[i] = new FrozenLayerWithBackprop(layers[i]);
    }
    MultiLayerNetwork network =
        TestNetworks.chain(DataType.FLOAT, UPDATER, TestNetworks.IMAGES, layers);
    network.paramTable().forEach(LayerMemoryTest::giveStep);
    return network;
  }

  private static void giveStep(String key, INDArray value) {
    if (key.contains("_s")) {
      value.assign(0.2);
    }
  }

  @ParameterizedTest
  @MethodSource("quantizations")
  void dropoutAndWeightNoiseTrain(LayerQuantization quantization) {
    Layer[] layers = TestNetworks.imageLayers(quantization);
    for (Layer layer : layers) {
      layer.setIDropout(new Dropout(0.7));
      if (layer instanceof QuantizedLayerConfiguration) {
        ((BaseLayer) layer).setWeightNoise(new DropConnect(0.8));
      }
    }
    MultiLayerNetwork network =
        TestNetworks.initialized(
            TestNetworks.chain(DataType.FLOAT, UPDATER, TestNetworks.IMAGES, layers));
    INDArray x = TestNetworks.images(DataType.FLOAT, 6, 1);
    INDArray before = network.params().dup();
    for (int step = 0; step < 3; step++) {
      fit(network, x);
    }
    assertNotEquals(before, network.params());
    assertTrue(Double.isFinite(network.params().sumNumber().doubleValue()));
    assertEquals(network.output(x), network.output(x), "inference has no noise");
  }

  /** What a step allocates it must give back: arrays in fields and workspaces only. */
  @Test
  void trainingDoesNotGrowWorkspaces() {
    MultiLayerNetwork network = chain(TestNetworks.FOUR_BITS);
    INDArray x = TestNetworks.images(DataType.FLOAT, 6, 1);
    for (int step = 0; step < 5; step++) {
      fit(network, x);
    }
    long before = workspaceBytes();
    for (int step = 0; step < 10; step++) {
      fit(network, x);
    }
    assertEquals(before, workspaceBytes());
  }

  private static long workspaceBytes() {
    return Nd4j.getWorkspaceManager().getAllWorkspacesForCurrentThread().stream()
        .mapToLong(MemoryWorkspace::getCurrentSize)
        .sum();
  }

  /** Gradients of a loss that is not the network's own. */
  @ParameterizedTest
  @MethodSource("quantizations")
  void externalErrorsGiveTheGradientsOfTheLoss(LayerQuantization quantization) {
    MultiLayerNetwork whole = chain(quantization);
    INDArray x = TestNetworks.images(DataType.FLOAT, 4, 1);
    INDArray expected =
        whole
            .calculateGradients(x, TestNetworks.labels(DataType.FLOAT, 4), null, null)
            .getFirst()
            .getGradientFor("0_W")
            .dup();
    whole.setInput(x);
    whole.feedForward(true, false);
    whole.setLabels(TestNetworks.labels(DataType.FLOAT, 4));
    Layer last = whole.getLayer(4).conf().getLayer();
    MultiLayerNetwork output =
        TestNetworks.chain(DataType.FLOAT, new Sgd(0), InputType.feedForward(6), last.clone());
    whole.getLayer(4).paramTable().forEach(output.getLayer(0)::setParam);
    INDArray epsilon =
        output
            .calculateGradients(
                whole.getLayer(4).input(), TestNetworks.labels(DataType.FLOAT, 4), null, null)
            .getSecond();
    MultiLayerNetwork body = body(whole);
    body.setInput(x);
    body.feedForward(true, false);
    INDArray actual = body.backpropGradient(epsilon, null).getFirst().getGradientFor("0_W");
    Tensors.assertClose(expected, actual, 1e-5, "dL/dW of the first layer");
  }

  /** The network without its output layer. */
  private static MultiLayerNetwork body(MultiLayerNetwork whole) {
    Layer[] layers =
        Stream.of(whole.getLayers())
            .limit(4)
            .map(layer -> layer.conf().getLayer().clone())
            .toArray(Layer[]::new);
    MultiLayerNetwork body =
        TestNetworks.chain(DataType.FLOAT, new Sgd(0), TestNetworks.IMAGES, layers);
    body.paramTable().forEach((key, value) -> value.assign(whole.getParam(key)));
    return body;
  }
}
