package org.lsq4j.network;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.layer.FastPooling;
import org.lsq4j.layer.InputGradient;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.lsq4j.layer.QuantizedDense;
import org.lsq4j.layer.QuantizedOutput;
import org.nd4j.linalg.activations.Activation;

/** What the reference networks are built from: layers in float that can be quantized later. */
final class ReferenceLayers {

  private static final int LARGE_SIDE = 64;

  private ReferenceLayers() {}

  /** He's initialisation, padding that keeps the size at stride 1, no activation by default. */
  static NeuralNetConfiguration.Builder settings(long seed) {
    return new NeuralNetConfiguration.Builder()
        .seed(seed)
        .weightInit(WeightInit.RELU)
        .activation(Activation.IDENTITY)
        .convolutionMode(ConvolutionMode.Same);
  }

  /** A chain of layers, initialised. */
  static MultiLayerNetwork chain(NeuralNetConfiguration.ListBuilder layers, InputType input) {
    MultiLayerNetwork network = new MultiLayerNetwork(layers.setInputType(input).build());
    network.init();
    return network;
  }

  /**
   * Adds layers one behind the other to a graph.
   *
   * @param input name of the node that the first layer reads
   * @return the last layer's name
   */
  static String addTo(GraphBuilder graph, String input, Layer... layers) {
    String last = input;
    for (Layer layer : layers) {
      graph.addLayer(layer.getLayerName(), layer, last);
      last = layer.getLayerName();
    }
    return last;
  }

  /** Ends a graph with the mean over the image and the output behind a node; initialised. */
  static ComputationGraph classifier(
      GraphBuilder graph, String features, int classes, InputType input) {
    String output = addTo(graph, features, averagePool(), output(classes));
    ComputationGraph network =
        new ComputationGraph(graph.setOutputs(output).setInputTypes(input).build());
    network.init();
    return network;
  }

  /**
   * The stride of an early layer that is made for large images: 1 instead for images with a side of
   * less than {@value #LARGE_SIDE} pixels, of which too little would be left, as is usual for
   * CIFAR.
   *
   * @throws IllegalArgumentException if the input is no image
   */
  static int strideForLarge(InputType input, int stride) {
    if (input instanceof InputType.InputTypeConvolutional image) {
      return Math.min(image.getHeight(), image.getWidth()) < LARGE_SIDE ? 1 : stride;
    }
    throw new IllegalArgumentException("it takes images");
  }

  /**
   * A number of channels times a width, a multiple of 8 and not much less, as in MobileNetV2's own
   * code.
   */
  static int scaled(int channels, double width) {
    double wanted = channels * width;
    int rounded = Math.max(8, (int) (wanted + 4) / 8 * 8);
    return rounded < 0.9 * wanted ? rounded + 8 : rounded;
  }

  /** A square convolution without bias, for a batch norm behind it. */
  static QuantizedConvolution2D convolution(String name, int kernel, int channels, int stride) {
    return unbiased(name, kernel, channels, stride).build();
  }

  /** The same for the network's first layer. */
  static QuantizedConvolution2D firstConvolution(int channels, int stride) {
    return unbiased("conv1", 3, channels, stride).inputGradient(InputGradient.SKIPPED).build();
  }

  /** A 3x3 convolution of each channel by itself, without bias. */
  static QuantizedConvolution2D depthwise(String name, int channels, int stride) {
    return unbiased(name, 3, channels, stride).groups(channels).build();
  }

  private static QuantizedConvolution2D.Builder unbiased(
      String name, int kernel, int channels, int stride) {
    return new QuantizedConvolution2D.Builder(kernel, kernel)
        .name(name)
        .nOut(channels)
        .stride(stride, stride)
        .hasBias(false);
  }

  /** A batch norm with a rectifier behind it. */
  static FastBatchNormalization norm(String name, Rectifier rectifier) {
    FastBatchNormalization layer = FastBatchNormalization.with(rectifier);
    layer.setLayerName(name);
    return layer;
  }

  /** The largest of 2x2 pixels each. */
  static FastPooling maxPool(String name) {
    return FastPooling.of(
        new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
            .name(name)
            .kernelSize(2, 2)
            .stride(2, 2)
            .build());
  }

  /** The mean over the whole image. */
  static GlobalPoolingLayer averagePool() {
    return new GlobalPoolingLayer.Builder(PoolingType.AVG).name("pool").build();
  }

  /** A dense layer with ReLU. */
  static QuantizedDense dense(int outputs) {
    return new QuantizedDense.Builder()
        .name("dense")
        .nOut(outputs)
        .activation(Activation.RELU)
        .build();
  }

  /** Softmax with cross entropy. No ReLU follows, hence the other initialisation. */
  static QuantizedOutput output(int classes) {
    return new QuantizedOutput.Builder()
        .name("output")
        .nOut(classes)
        .weightInit(WeightInit.XAVIER)
        .build();
  }
}
