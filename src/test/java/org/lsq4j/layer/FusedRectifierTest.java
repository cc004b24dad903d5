package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.lsq4j.compute.Tensors.assertClose;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.distribution.NormalDistribution;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.Tensors;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * A residual block with fused rectifiers trains as the same block of DL4J's own layers. Its sum
 * hands both terms one array as their gradient, to which the block's first convolution adds later.
 */
class FusedRectifierTest {

  private static final int EXAMPLES = 5;
  private static final int CHANNELS = 3;

  @ParameterizedTest
  @EnumSource
  void trainsLikeStockLayers(CNN2DFormat format) {
    ComputationGraph stock = graph(stockBlock(format), format);
    ComputationGraph ours = graph(fusedBlock(format), format);
    ours.setParams(stock.params());
    INDArray labels = TestNetworks.labels(DataType.FLOAT, EXAMPLES);
    for (int step = 0; step < 3; step++) {
      DataSet batch = new DataSet(images(step, format), labels);
      stock.fit(batch);
      ours.fit(batch);
      assertClose(stock.params(), ours.params(), 1e-4, "parameters after step " + step);
    }
    INDArray x = images(9, format);
    assertClose(stock.outputSingle(x), ours.outputSingle(x), 1e-4, "inference");
  }

  /** DL4J adds a column to a matrix; so do we. */
  @Test
  void broadcastsLikeStockVertex() {
    ComputationGraph stock =
        matrices(new ElementWiseVertex(ElementWiseVertex.Op.Add), Activation.RELU);
    ComputationGraph ours = matrices(new FastAddVertex(Rectifier.RELU), Activation.IDENTITY);
    ours.setParams(stock.params());
    DataSet batch =
        new DataSet(
            Tensors.gaussian(1, DataType.FLOAT, EXAMPLES, 4),
            TestNetworks.labels(DataType.FLOAT, EXAMPLES));
    for (int step = 0; step < 3; step++) {
      stock.fit(batch);
      ours.fit(batch);
    }
    assertClose(stock.params(), ours.params(), 1e-4, "parameters");
  }

  private static ComputationGraph matrices(GraphVertex sum, Activation behind) {
    ComputationGraph graph =
        new ComputationGraph(
            builder()
                .addLayer("wide", dense(CHANNELS), "in")
                .addLayer("column", dense(1), "in")
                .addVertex("add", sum, "wide", "column")
                .addLayer("behind", new ActivationLayer(behind), "add")
                .addLayer(
                    "out",
                    new OutputLayer.Builder().nIn(CHANNELS).nOut(TestNetworks.CLASSES).build(),
                    "behind")
                .setOutputs("out")
                .build());
    graph.init();
    return graph;
  }

  private static DenseLayer dense(int outputs) {
    return new DenseLayer.Builder().nIn(4).nOut(outputs).activation(Activation.IDENTITY).build();
  }

  @Test
  void survivesJsonAndClone() {
    ComputationGraphConfiguration conf =
        graph(fusedBlock(CNN2DFormat.NHWC), CNN2DFormat.NHWC).getConfiguration();
    ComputationGraphConfiguration read =
        ComputationGraphConfiguration.fromJson(conf.clone().toJson());
    assertEquals(conf, read);
    FastAddVertex add = assertInstanceOf(FastAddVertex.class, read.getVertices().get("add"));
    assertEquals(Rectifier.RELU, add.getRectifier());
    assertNotEquals(new FastAddVertex(Rectifier.NONE), add);
    assertNotEquals(
        FastBatchNormalization.with(Rectifier.NONE), FastBatchNormalization.with(Rectifier.RELU));
  }

  private static INDArray images(int seed, CNN2DFormat format) {
    return format == CNN2DFormat.NCHW
        ? Tensors.gaussian(seed, DataType.FLOAT, EXAMPLES, CHANNELS, 6, 4)
        : Tensors.gaussian(seed, DataType.FLOAT, EXAMPLES, 6, 4, CHANNELS);
  }

  private static GraphBuilder stockBlock(CNN2DFormat format) {
    return builder()
        .addLayer("norm", new BatchNormalization(), "in")
        .addLayer("relu", relu(), "norm")
        .addLayer("conv", convolution(format), "relu")
        .addLayer("norm2", new BatchNormalization(), "conv")
        .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "relu", "norm2")
        .addLayer("add", relu(), "sum");
  }

  private static GraphBuilder fusedBlock(CNN2DFormat format) {
    return builder()
        .addLayer("norm", FastBatchNormalization.with(Rectifier.RELU), "in")
        .addLayer("conv", convolution(format), "norm")
        .addLayer("norm2", FastBatchNormalization.with(Rectifier.NONE), "conv")
        .addVertex("add", new FastAddVertex(Rectifier.RELU), "norm", "norm2");
  }

  private static ActivationLayer relu() {
    return new ActivationLayer(Activation.RELU);
  }

  private static ConvolutionLayer convolution(CNN2DFormat format) {
    return new ConvolutionLayer.Builder(3, 3)
        .nOut(CHANNELS)
        .dataFormat(format)
        .convolutionMode(ConvolutionMode.Same)
        .activation(Activation.IDENTITY)
        .build();
  }

  private static GraphBuilder builder() {
    return new NeuralNetConfiguration.Builder()
        .seed(11)
        .updater(new Sgd(0.1))
        .weightInit(new NormalDistribution(0, 0.5))
        .graphBuilder()
        .addInputs("in");
  }

  private static ComputationGraph graph(GraphBuilder block, CNN2DFormat format) {
    ComputationGraph graph =
        new ComputationGraph(
            block
                .addLayer(
                    "out", new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build(), "add")
                .setOutputs("out")
                .setInputTypes(InputType.convolutional(6, 4, CHANNELS, format))
                .build());
    graph.init();
    return graph;
  }
}
