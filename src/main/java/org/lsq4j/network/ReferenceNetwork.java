package org.lsq4j.network;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.inputs.InputType;

/**
 * Image classifiers to start from, in float, built from layers that can be quantized later. Numbers
 * of parameters include the running statistics of batch norm, which DL4J counts too.
 */
public enum ReferenceNetwork {
  /** LeNet with ReLU and max pooling: 1,256,080 parameters for 28x28 grey images, 10 classes. */
  LENET("lenet", new LeNet()),

  /** Five convolutions with batch norm: 472,922 parameters for 28x28 grey images, 10 classes. */
  SMALL_CNN("small-cnn", new SmallCnn()),

  /**
   * ResNet of one block a stage, as in MLPerf Tiny's image classification: 78,714 parameters for
   * RGB images, 10 classes.
   */
  RESNET8("resnet8", new ResNet(1)),

  /** ResNet of 3 blocks a stage: 274,042 parameters for RGB images, 10 classes. */
  RESNET20("resnet20", new ResNet(3)),

  /** ResNet of 5 blocks a stage: 469,370 parameters for RGB images, 10 classes. */
  RESNET32("resnet32", new ResNet(5)),

  /** ResNet of 9 blocks a stage: 860,026 parameters for RGB images, 10 classes. */
  RESNET56("resnet56", new ResNet(9)),

  /**
   * MobileNetV1 with a quarter of the channels, as in MLPerf Tiny's visual wake words (96x96):
   * 219,058 parameters for RGB images, 2 classes.
   */
  MOBILENET_025("mobilenet-0.25", new MobileNet(0.25));

  private final String id;
  private final Architecture architecture;

  ReferenceNetwork(String id, Architecture architecture) {
    this.id = id;
    this.architecture = architecture;
  }

  /** The name in configurations: {@code small-cnn}. */
  public String id() {
    return id;
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
   * Makes a float network with random weights: a {@link
   * org.deeplearning4j.nn.multilayer.MultiLayerNetwork}, or a {@link
   * org.deeplearning4j.nn.graph.ComputationGraph} if it has shortcuts.
   *
   * @param input image size and format
   * @param classes number of classes
   * @param seed of the weights
   * @throws IllegalArgumentException if images of this size do not fit
   */
  public NeuralNetwork create(InputType input, int classes, long seed) {
    try {
      return architecture.create(input, classes, seed);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          "architecture: " + id + " does not fit input " + input + ": " + e.getMessage(), e);
    }
  }
}
