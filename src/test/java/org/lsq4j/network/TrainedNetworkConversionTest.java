package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.training.Accuracy;
import org.lsq4j.training.Calibration;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;

/** Conversion of a network of DL4J's layers that has learned something. */
class TrainedNetworkConversionTest {

  private static final int TEST_IMAGES = 500;

  private static MultiLayerNetwork network;
  private static ComputationGraph graph;

  @BeforeAll
  static void train() {
    NeuralNetConfiguration.ListBuilder layers =
        new NeuralNetConfiguration.Builder()
            .seed(5)
            .updater(new Adam(2e-3))
            .weightInit(WeightInit.RELU)
            .list()
            .layer(new ConvolutionLayer.Builder(4, 4).nOut(12).stride(4, 4).build())
            .layer(new BatchNormalization.Builder().activation(Activation.IDENTITY).build())
            .layer(new ConvolutionLayer.Builder(2, 2).nOut(12).activation(Activation.RELU).build())
            .layer(new DenseLayer.Builder().nOut(48).activation(Activation.RELU).build())
            .layer(
                new OutputLayer.Builder()
                    .nOut(MiniFashion.CLASSES)
                    .activation(Activation.SOFTMAX)
                    .build());
    network =
        new MultiLayerNetwork(layers.setInputType(InputType.convolutional(28, 28, 1)).build());
    network.init();
    ImageBatches images = batches();
    network.fit(images, 3);
    graph = network.toComputationGraph();
  }

  @Test
  void eightBitsPredictAlmostTheSame() {
    double accuracy = Accuracy.of(network, test());
    assertTrue(accuracy > 0.6, "the float network must have learned: " + accuracy);
    MultiLayerNetwork eight = quantizer(8).quantize(network).network();
    Calibration.run(eight, batches(), 4);
    long same = 0;
    ImageBatches test = test();
    while (test.hasNext()) {
      INDArray x = test.next().getFeatures();
      same +=
          eight
              .output(x)
              .argMax(1)
              .eq(network.output(x).argMax(1))
              .castTo(DataType.INT32)
              .sumNumber()
              .intValue();
    }
    assertTrue(
        same >= 0.99 * TEST_IMAGES,
        accuracy + ": " + same + " of " + TEST_IMAGES + " predictions agree");
  }

  @Test
  void trainingTheCopyLeavesTheChainAsItWas() {
    Map<String, INDArray> parameters = copy(network);
    String configuration = network.getLayerWiseConfigurations().toJson();
    MultiLayerNetwork copy = quantizer(4).quantize(network).network();
    trainCopy(copy, MultiLayerNetwork::fit);
    assertEquals(parameters, copy(network));
    assertEquals(configuration, network.getLayerWiseConfigurations().toJson());
    assertNotEquals(network.getParam("0_W"), copy.getLayer(0).getParam("W"));
  }

  @Test
  void trainingTheCopyLeavesTheGraphAsItWas() {
    Map<String, INDArray> parameters = copy(graph);
    String configuration = graph.getConfiguration().toJson();
    ComputationGraph copy = quantizer(4).quantize(graph).network();
    trainCopy(copy, ComputationGraph::fit);
    assertEquals(parameters, copy(graph));
    assertEquals(configuration, graph.getConfiguration().toJson());
    assertNotEquals(graph.getLayer(0).getParam("W"), copy.getLayer(0).getParam("W"));
  }

  @Test
  void chainAndGraphGiveTheSameQuantizedNetwork() {
    MultiLayerNetwork chain = quantizer(3).quantize(network).network();
    ComputationGraph copy = quantizer(3).quantize(graph).network();
    Calibration.run(chain, batches(), 2);
    Calibration.run(copy, batches(), 2);
    INDArray x = test().next().getFeatures();
    assertTrue(chain.output(x).equalsWithEps(copy.outputSingle(x), 1e-5));
  }

  /** Schedules go by iterations: one that went on counting would begin at its end. */
  @Test
  void theCopyHasNoIterationsYet() {
    assertTrue(Networks.iterations(network) > 0);
    assertEquals(0, Networks.iterations(quantizer(4).quantize(network).network()));
    graph.getConfiguration().setIterationCount(60);
    assertEquals(0, Networks.iterations(quantizer(4).quantize(graph).network()));
    graph.getConfiguration().setIterationCount(0);
  }

  private interface Fit<N> {
    void fit(N network, DataSet batch);
  }

  private static <N extends NeuralNetwork> void trainCopy(N copy, Fit<N> fit) {
    ImageBatches batches = batches();
    Calibration.run(copy, batches, 1);
    for (int step = 0; step < 3; step++) {
      fit.fit(copy, batches.next());
    }
  }

  private static Map<String, INDArray> copy(NeuralNetwork network) {
    Map<String, INDArray> parameters = new LinkedHashMap<>();
    for (Layer layer : Networks.layers(network)) {
      layer
          .paramTable()
          .forEach((key, value) -> parameters.put(layer.getIndex() + key, value.dup()));
    }
    return parameters;
  }

  private static NetworkQuantizer quantizer(int bits) {
    return new NetworkQuantizer(QuantizationPolicy.builder(bits, bits).build());
  }

  private static ImageBatches batches() {
    return MiniFashion.training(5000, CNN2DFormat.NCHW);
  }

  private static ImageBatches test() {
    return MiniFashion.evaluation(TEST_IMAGES, CNN2DFormat.NCHW);
  }
}
