package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.network.TestNetworks.normal;

import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

class ReferenceNetworkTest {

  static Stream<ReferenceNetwork> references() {
    return TestNetworks.references();
  }

  static Stream<Arguments> networks() {
    return references()
        .flatMap(
            network ->
                Stream.of(CNN2DFormat.values())
                    .flatMap(
                        format ->
                            Stream.of(
                                Arguments.of(network, InputType.convolutional(28, 28, 1, format)),
                                Arguments.of(
                                    network, InputType.convolutional(32, 32, 3, format)))));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void predictsClassProbabilities(ReferenceNetwork network, InputType input) {
    INDArray output = Networks.output(network.create(input, 7, 1), images(input, 2));
    assertArrayEquals(new long[] {2, 7}, output.shape());
    assertEquals(2, output.sumNumber().doubleValue(), 1e-5);
  }

  @ParameterizedTest
  @MethodSource("references")
  void bothFormatsComputeTheSame(ReferenceNetwork network) {
    NeuralNetwork first = network.create(InputType.convolutional(14, 11, 3), 5, 1);
    NeuralNetwork last = network.create(InputType.convolutional(14, 11, 3, CNN2DFormat.NHWC), 5, 1);
    // Weights of the dense layer behind a flattened image are in the order of the format.
    boolean flattens = List.of("lenet", "small-cnn", "vgg-small").contains(network.id());
    INDArray x = normal(1, 2, 3, 14, 11);
    INDArray expected = Networks.output(first, x);
    INDArray actual = Networks.output(last, x.permute(0, 2, 3, 1).dup('c'));
    assertEquals(!flattens, expected.equalsWithEps(actual, 1e-5));
  }

  /**
   * Derived by hand: weights of convolutions and output, biases of the output, and four numbers for
   * each channel of a batch norm, of which DL4J counts mean and variance as parameters too.
   *
   * <ul>
   *   <li>resnet20: 270,896 weights, 10 biases, 784 channels. Each further block in all stages:
   *       96,768 weights, 224 channels. Without mean and variance 272,474, 466,906 and 855,770; the
   *       paper says 0.27, 0.46 and 0.85 million, without projections.
   *   <li>resnet8: MLPerf Tiny's has 78,666: biases in its convolutions, no batch norm behind its
   *       projections.
   *   <li>resnet20-preact: the same weights, 688 channels of batch norm.
   *   <li>vgg-small: 4,574,592 weights of convolutions, 81,930 of the output, 1,792 channels;
   *       LQ-Nets says 4.6 million.
   *   <li>mobilenet-0.25: MLPerf Tiny's has 221,794: 2,736 biases of convolutions more.
   *   <li>mobilenet-1, mobilenetv2-1: as many as Keras counts in its networks for ImageNet.
   * </ul>
   */
  @ParameterizedTest
  @CsvSource({
    "lenet, 28, 1, 10, 1256080",
    "small-cnn, 28, 1, 10, 472922",
    "resnet8, 32, 3, 10, 78714",
    "resnet20, 32, 3, 10, 274042",
    "resnet32, 32, 3, 10, 469370",
    "resnet56, 32, 3, 10, 860026",
    "resnet20-preact, 32, 3, 10, 273658",
    "vgg-small, 32, 3, 10, 4663690",
    "mobilenet-0.25, 96, 3, 2, 219058",
    "mobilenet-0.25-swish, 96, 3, 2, 219058",
    "mobilenet-1, 224, 3, 1000, 4253864",
    "mobilenetv2-1, 224, 3, 1000, 3538984",
    "mobilenetv2-1-swish, 224, 3, 1000, 3538984"
  })
  void sizesAreAsInTheLiterature(String id, int side, int channels, int classes, long parameters) {
    NeuralNetwork network =
        ReferenceNetwork.named(id)
            .create(InputType.convolutional(side, side, channels), classes, 1);
    assertEquals(parameters, Networks.parameterCount(network));
  }

  /** A convolution or dense layer each, projections of shortcuts not counted. */
  @ParameterizedTest
  @CsvSource({
    "resnet8, 8",
    "resnet20, 20",
    "resnet32, 32",
    "resnet56, 56",
    "resnet20-preact, 20",
    "resnet56-preact, 56",
    "vgg-small, 7",
    "mobilenet-0.25, 28",
    "mobilenetv2-0.25, 53"
  })
  void depthIsAsNamed(String id, int depth) {
    NeuralNetwork network =
        ReferenceNetwork.named(id).create(InputType.convolutional(32, 32, 3), 10, 1);
    long layers =
        Networks.layers(network).stream()
            .filter(layer -> layer.paramTable().containsKey("W"))
            .filter(layer -> !Networks.nameOf(layer).endsWith("shortcut"))
            .count();
    assertEquals(depth, layers);
  }

  @Test
  void theSeedDecidesTheWeights() {
    INDArray weights = weights(3);
    assertEquals(weights, weights(3));
    assertNotEquals(weights, weights(4));
  }

  @ParameterizedTest
  @MethodSource("references")
  void smallestImagesFit(ReferenceNetwork network) {
    InputType input = InputType.convolutional(1, 1, 1);
    INDArray output = Networks.output(network.create(input, 2, 1), images(input, 1));
    assertArrayEquals(new long[] {1, 2}, output.shape());
    assertFalse(output.isNaN().any());
  }

  @ParameterizedTest
  @MethodSource("references")
  void whatDoesNotFitIsSaid(ReferenceNetwork network) {
    InputType sequence = InputType.recurrent(4, 10);
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> network.create(sequence, 2, 1));
    String start = network.id() + " does not fit input " + sequence;
    assertTrue(error.getMessage().startsWith(start), error.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> network.create(InputType.convolutional(28, 28, 1), 0, 1));
  }

  @Test
  void unknownNamesListTheForms() {
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> ReferenceNetwork.named("resnet-152"));
    assertEquals(
        "there is no 'resnet-152'; there are: lenet, small-cnn, vgg-small, resnet<6n+2>[-preact],"
            + " mobilenet-<width>[-swish], mobilenetv2-<width>[-swish]",
        error.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "resnet7 | resnet7: the depth must be 6n + 2 (8, 14, 20, 26, 32 ... 1202), got 7",
        "resnet2 | resnet2: the depth must be 6n + 2 (8, 14, 20, 26, 32 ... 1202), got 2",
        "resnet9998-preact | resnet9998-preact: the depth must be 6n + 2 (8, 14, 20,",
        "mobilenet-0 | mobilenet-0: the width must be a number above 0 and at most 4, such as 0.25",
        "mobilenetv2-1.2.3-swish | mobilenetv2-1.2.3-swish: the width must be a number above 0"
      })
  void numbersThatDoNotFitAreSaid(String id, String start) {
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> ReferenceNetwork.named(id));
    assertTrue(error.getMessage().startsWith(start), error.getMessage());
  }

  /** Images of 32x32 pixels are still 2x2 or 4x4 before the mean, larger ones a 32nd. */
  @ParameterizedTest
  @CsvSource({
    "mobilenet-0.25, 32, 2",
    "mobilenet-0.25, 96, 3",
    "mobilenetv2-0.25, 32, 4",
    "mobilenetv2-0.25, 96, 3"
  })
  void smallImagesKeepTheirSizeLonger(String id, int side, long last) {
    InputType input = InputType.convolutional(side, side, 3);
    NeuralNetwork network = ReferenceNetwork.named(id).create(input, 2, 1);
    INDArray features =
        network instanceof ComputationGraph graph
            ? graph.feedForward(images(input, 1), false).get("norm2")
            : ((MultiLayerNetwork) network).feedForward(images(input, 1)).get(54);
    assertEquals(last, features.size(2));
  }

  private static INDArray weights(long seed) {
    return ReferenceNetwork.SMALL_CNN.create(InputType.convolutional(8, 8, 1), 2, seed).params();
  }

  private static INDArray images(InputType input, int count) {
    return normal(
        1, LongStream.concat(LongStream.of(count), LongStream.of(input.getShape())).toArray());
  }
}
