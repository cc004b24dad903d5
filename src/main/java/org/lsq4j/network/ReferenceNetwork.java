package org.lsq4j.network;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.lsq4j.layer.QuantizedDense;
import org.lsq4j.layer.QuantizedOutput;
import org.nd4j.linalg.activations.Activation;

/**
 * Small image classifiers to start from, in float, built from layers that can be quantized later.
 */
public enum ReferenceNetwork {
  /** LeNet with ReLU and max pooling: 5x5 convolutions of 20 and 50 channels, dense 500. */
  LENET {
    @Override
    void addLayers(NeuralNetConfiguration.ListBuilder layers, int classes) {
      addLeNetBlock(layers, "1", 20);
      addLeNetBlock(layers, "2", 50);
      layers.layer(
          new QuantizedDense.Builder().name("dense").nOut(500).activation(Activation.RELU).build());
      addOutput(layers, classes);
    }
  },

  /**
   * Five 3x3 convolutions of 16, 32, 32, 64 and 64 channels with batch norm and ReLU, the second
   * and fourth with stride 2, then dense 128 and the output: 473,000 parameters for 28x28 images.
   */
  SMALL_CNN {
    @Override
    void addLayers(NeuralNetConfiguration.ListBuilder layers, int classes) {
      addConvolutionBlock(layers, "1", 16, 1);
      addConvolutionBlock(layers, "2", 32, 2);
      addConvolutionBlock(layers, "3", 32, 1);
      addConvolutionBlock(layers, "4", 64, 2);
      addConvolutionBlock(layers, "5", 64, 1);
      layers.layer(
          new QuantizedDense.Builder().name("dense").nOut(128).activation(Activation.RELU).build());
      addOutput(layers, classes);
    }
  };

  abstract void addLayers(NeuralNetConfiguration.ListBuilder layers, int classes);

  /** The name in configurations: {@code small-cnn}. */
  public String id() {
    return Networks.words(this);
  }

  /** All names. */
  public static List<String> ids() {
    return Arrays.stream(values()).map(ReferenceNetwork::id).toList();
  }

  /**
   * The network of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static ReferenceNetwork named(String id) {
    return Arrays.stream(values())
        .filter(network -> network.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    String.format(
                        Locale.ROOT,
                        "architecture: there is no '%s'; there are: %s",
                        id,
                        String.join(", ", ids()))));
  }

  /**
   * Makes a float network with random weights.
   *
   * @param input image size and format
   * @param classes number of classes
   * @param seed of the weights
   * @throws IllegalArgumentException if images of this size do not fit
   */
  public MultiLayerNetwork create(InputType input, int classes, long seed) {
    NeuralNetConfiguration.ListBuilder layers =
        new NeuralNetConfiguration.Builder()
            .seed(seed)
            .weightInit(WeightInit.RELU)
            .activation(Activation.IDENTITY)
            .convolutionMode(ConvolutionMode.Same)
            .list();
    addLayers(layers, classes);
    try {
      MultiLayerNetwork network = new MultiLayerNetwork(layers.setInputType(input).build());
      network.init();
      return network;
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          "architecture: " + id() + " does not fit input " + input + ": " + e.getMessage(), e);
    }
  }

  private static void addConvolutionBlock(
      NeuralNetConfiguration.ListBuilder layers, String number, int channels, int stride) {
    layers
        .layer(
            new QuantizedConvolution2D.Builder(3, 3)
                .name("conv" + number)
                .nOut(channels)
                .stride(stride, stride)
                .hasBias(false)
                .build())
        .layer(named(new FastBatchNormalization(), "norm" + number))
        .layer(
            new ActivationLayer.Builder()
                .name("relu" + number)
                .activation(Activation.RELU)
                .build());
  }

  private static void addLeNetBlock(
      NeuralNetConfiguration.ListBuilder layers, String number, int channels) {
    layers
        .layer(
            new QuantizedConvolution2D.Builder(5, 5)
                .name("conv" + number)
                .nOut(channels)
                .activation(Activation.RELU)
                .build())
        .layer(
            new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                .name("pool" + number)
                .kernelSize(2, 2)
                .stride(2, 2)
                .build());
  }

  private static void addOutput(NeuralNetConfiguration.ListBuilder layers, int classes) {
    layers.layer(
        new QuantizedOutput.Builder()
            .name("output")
            .nOut(classes)
            .weightInit(WeightInit.XAVIER)
            .build());
  }

  private static FastBatchNormalization named(FastBatchNormalization layer, String name) {
    layer.setLayerName(name);
    return layer;
  }
}
