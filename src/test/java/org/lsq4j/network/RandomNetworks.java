package org.lsq4j.network;

import static org.lsq4j.network.TestNetworks.linearOutput;
import static org.lsq4j.network.TestNetworks.normal;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Random networks of DL4J's own layers for images, always the same ones for a seed. All steps keep
 * the shape of their input, so that any two results can be added or merged.
 */
final class RandomNetworks {

  private static final int CHANNELS = 3;
  private static final int HEIGHT = 6;
  private static final int WIDTH = 5;

  private final Random random;
  private final Variety variety;
  private final InputType input;

  /** Which layers occur. */
  enum Variety {
    /** Many batch norms, sums and ReLUs, between convolutions and pooling. */
    RECTIFIERS,
    /** Every kind of layer for images that conversion knows. */
    EVERYTHING
  }

  RandomNetworks(int seed, Variety variety) {
    random = new Random(seed);
    this.variety = variety;
    // Not by chance: the first random boolean is the same for all small seeds.
    CNN2DFormat format = seed % 2 == 0 ? CNN2DFormat.NCHW : CNN2DFormat.NHWC;
    input = InputType.convolutional(HEIGHT, WIDTH, CHANNELS, format);
  }

  /** Images that the networks take. */
  INDArray images(int seed, int examples) {
    long[] shape = input.getShape(true);
    shape[0] = examples;
    return normal(seed, shape);
  }

  private static NeuralNetConfiguration.Builder settings() {
    return TestNetworks.settings().updater(new Sgd(0.02)).convolutionMode(ConvolutionMode.Same);
  }

  /** Begins with what can become one. */
  MultiLayerNetwork chain() {
    NeuralNetConfiguration.ListBuilder list = settings().list();
    list.layer(randomConvolution()).layer(new BatchNormalization()).layer(relu());
    for (int i = 0; i < 6; i++) {
      randomStep().forEach(list::layer);
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

  /** All nodes are read, so that a difference in any of them shows. */
  ComputationGraph graph() {
    GraphBuilder builder =
        settings()
            .graphBuilder()
            .addInputs("in")
            .addLayer("stem", randomConvolution(), "in")
            .addLayer("stem-norm", new BatchNormalization(), "stem")
            .addLayer("stem-relu", relu(), "stem-norm");
    List<String> nodes = new ArrayList<>(List.of("stem-relu"));
    List<String> unread = new ArrayList<>(nodes);
    for (int i = 0; i < 12; i++) {
      String name = "node" + i;
      String left = nodes.get(random.nextInt(nodes.size()));
      String right = nodes.get(random.nextInt(nodes.size()));
      if (random.nextInt(4) == 0 && !left.equals(right)) {
        join(builder, name, left, right);
        unread.remove(right);
      } else {
        left = nodes.get(nodes.size() - 1 - random.nextInt(Math.min(3, nodes.size())));
        addStep(builder, name, left);
      }
      unread.remove(left);
      nodes.add(name);
      unread.add(name);
    }
    return finish(builder, unread);
  }

  private void join(GraphBuilder builder, String name, String left, String right) {
    if (variety == Variety.EVERYTHING && random.nextBoolean()) {
      builder
          .addVertex(name + "-merge", new MergeVertex(), left, right)
          .addLayer(name, pointwise(), name + "-merge");
    } else {
      builder.addVertex(name, sum(), left, right);
    }
  }

  private void addStep(GraphBuilder builder, String name, String source) {
    List<Layer> layers = randomStep();
    String last = source;
    for (int i = 0; i < layers.size(); i++) {
      String next = i == layers.size() - 1 ? name : name + "-" + i;
      builder.addLayer(next, layers.get(i), last);
      last = next;
    }
  }

  private ComputationGraph finish(GraphBuilder builder, List<String> unread) {
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

  /** Layers one behind the other that keep the shape together. */
  private List<Layer> randomStep() {
    return variety == Variety.EVERYTHING && random.nextInt(3) > 0
        ? randomRareStep()
        : List.of(randomLayer());
  }

  private List<Layer> randomRareStep() {
    return switch (random.nextInt(9)) {
      case 0 -> List.of(depthwise(1));
      case 1 -> List.of(depthwise(2), pointwise());
      case 2 -> List.of(separable());
      case 3 -> List.of(deconvolution(1));
      case 4 -> List.of(strided(), deconvolution(2));
      case 5 -> List.of(strided(), upsampling());
      case 6 -> List.of(new ZeroPaddingLayer(1, 1), unpadded(3));
      case 7 -> List.of(new ZeroPaddingLayer(2, 0, 1, 1), new Cropping2D(1, 1, 0, 2));
      default -> List.of(new DropoutLayer(0.5), pool(2, PoolingType.AVG), upsampling());
    };
  }

  private Layer randomLayer() {
    return switch (random.nextInt(7)) {
      case 0, 1 -> new BatchNormalization.Builder().useLogStd(random.nextBoolean()).build();
      case 2, 3 -> new ActivationLayer(randomFunction());
      case 4 -> pool(1, random.nextBoolean() ? PoolingType.MAX : PoolingType.AVG);
      default -> randomConvolution();
    };
  }

  private IActivation randomFunction() {
    return switch (random.nextInt(6)) {
      case 0 -> Activation.TANH.getActivationFunction();
      case 1 -> Activation.LEAKYRELU.getActivationFunction();
      case 2 ->
          variety == Variety.EVERYTHING
              ? randomSmoothFunction()
              : new ActivationReLU(1.0, null, null);
      default -> new ActivationReLU();
    };
  }

  private IActivation randomSmoothFunction() {
    Activation function = random.nextBoolean() ? Activation.SWISH : Activation.RELU6;
    return function.getActivationFunction();
  }

  private Activation randomEnd() {
    return random.nextBoolean() ? Activation.IDENTITY : Activation.TANH;
  }

  private Layer randomConvolution() {
    return new ConvolutionLayer.Builder(1 + random.nextInt(3), 1 + random.nextInt(3))
        .nOut(CHANNELS)
        .hasBias(random.nextBoolean())
        .activation(randomEnd())
        .build();
  }

  private static Layer pointwise() {
    return new ConvolutionLayer.Builder(1, 1).nOut(CHANNELS).build();
  }

  private static Layer unpadded(int kernel) {
    return new ConvolutionLayer.Builder(kernel, kernel)
        .nOut(CHANNELS)
        .convolutionMode(ConvolutionMode.Truncate)
        .build();
  }

  /** Halves the rows. */
  private Layer strided() {
    return new ConvolutionLayer.Builder(3, 3)
        .nOut(CHANNELS)
        .stride(2, 1)
        .hasBias(random.nextBoolean())
        .build();
  }

  private Layer depthwise(int multiplier) {
    return new DepthwiseConvolution2D.Builder(1 + random.nextInt(3), 1 + random.nextInt(3))
        .depthMultiplier(multiplier)
        .hasBias(random.nextBoolean())
        .activation(randomEnd())
        .build();
  }

  private Layer separable() {
    return new SeparableConvolution2D.Builder(1 + random.nextInt(3), 1 + random.nextInt(3))
        .depthMultiplier(1 + random.nextInt(2))
        .nOut(CHANNELS)
        .hasBias(random.nextBoolean())
        .activation(randomEnd())
        .build();
  }

  private Layer deconvolution(int rows) {
    return new Deconvolution2D.Builder(2 + random.nextInt(2), 1 + random.nextInt(3))
        .nOut(CHANNELS)
        .stride(rows, 1)
        .hasBias(random.nextBoolean())
        .activation(randomEnd())
        .build();
  }

  private static Layer upsampling() {
    return new Upsampling2D.Builder().size(new int[] {2, 1}).build();
  }

  private static Layer pool(int rows, PoolingType type) {
    return new SubsamplingLayer.Builder(type)
        .kernelSize(2, 2)
        .stride(rows, 1)
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
