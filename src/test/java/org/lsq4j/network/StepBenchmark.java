package org.lsq4j.network;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.lsq4j.training.Calibration;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A training step of ResNet-20 on 128 images of 32x32: built from DL4J's own layers, and the same
 * network converted to 3 bits by this project. Run with {@code scripts/bench-kernels.sh
 * StepBenchmark}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3)
@Measurement(iterations = 5)
@Fork(1)
public class StepBenchmark {

  private static final int EXAMPLES = 128;
  private static final int CLASSES = 10;

  /** Which network. */
  @Param({"stock", "W3A3"})
  private String network;

  private NeuralNetwork trained;
  private DataSet batch;

  /** Makes the network; what compiles to machine code only after some steps is given those. */
  @Setup
  public void prepare() {
    batch = new DataSet(Nd4j.randn(DataType.FLOAT, EXAMPLES, 3, 32, 32), labels());
    ComputationGraph stock = stockResNet();
    trained = stock;
    if (!network.equals("stock")) {
      QuantizationPolicy policy = QuantizationPolicy.builder(3, 3).build();
      trained = new NetworkQuantizer(policy).quantize(stock).network();
      Calibration.run(trained, new ListDataSetIterator<>(List.of(batch), EXAMPLES), 1);
      for (int step = 0; step < 40; step++) {
        trained.fit(batch);
      }
    }
  }

  /** One step. */
  @Benchmark
  public void step() {
    trained.fit(batch);
  }

  private static INDArray labels() {
    INDArray labels = Nd4j.zeros(DataType.FLOAT, EXAMPLES, CLASSES);
    for (int i = 0; i < EXAMPLES; i++) {
      labels.putScalar(i, i % CLASSES, 1);
    }
    return labels;
  }

  private static ComputationGraph stockResNet() {
    GraphBuilder graph =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .updater(new Nesterovs(1e-3, 0.9))
            .l2(1e-4)
            .activation(Activation.IDENTITY)
            .convolutionMode(ConvolutionMode.Same)
            .graphBuilder()
            .addInputs("images");
    String last = rectified(graph, "stem", convolved(graph, "stem", "images", 16, 3, 1));
    int channels = 16;
    for (int block = 0; block < 9; block++) {
      int wanted = 16 << block / 3;
      last = addBlock(graph, "block" + block, last, wanted, channels);
      channels = wanted;
    }
    graph
        .addLayer("pool", new GlobalPoolingLayer(PoolingType.AVG), last)
        .addLayer(
            "output",
            new OutputLayer.Builder().nOut(CLASSES).activation(Activation.SOFTMAX).build(),
            "pool")
        .setOutputs("output")
        .setInputTypes(InputType.convolutional(32, 32, 3));
    ComputationGraph network = new ComputationGraph(graph.build());
    network.init();
    return network;
  }

  private static String addBlock(
      GraphBuilder graph, String name, String input, int channels, int inputChannels) {
    int stride = channels / inputChannels;
    String inner =
        rectified(graph, name + "a", convolved(graph, name + "a", input, channels, 3, stride));
    String outer = convolved(graph, name + "b", inner, channels, 3, 1);
    String shortcut =
        stride == 1 ? input : convolved(graph, name + "s", input, channels, 1, stride);
    graph.addVertex(name, new ElementWiseVertex(ElementWiseVertex.Op.Add), outer, shortcut);
    return rectified(graph, name, name);
  }

  private static String convolved(
      GraphBuilder graph, String name, String input, int channels, int kernel, int stride) {
    graph
        .addLayer(
            name + "-conv",
            new ConvolutionLayer.Builder(kernel, kernel)
                .nOut(channels)
                .stride(stride, stride)
                .hasBias(false)
                .build(),
            input)
        .addLayer(name + "-norm", new BatchNormalization(), name + "-conv");
    return name + "-norm";
  }

  private static String rectified(GraphBuilder graph, String name, String input) {
    graph.addLayer(name + "-relu", new ActivationLayer(Activation.RELU), input);
    return name + "-relu";
  }
}
