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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

class ReferenceNetworkTest {

  static Stream<Arguments> networks() {
    return Stream.of(ReferenceNetwork.values())
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
  @EnumSource(ReferenceNetwork.class)
  void bothFormatsComputeTheSame(ReferenceNetwork network) {
    NeuralNetwork first = network.create(InputType.convolutional(14, 11, 3), 5, 1);
    NeuralNetwork last = network.create(InputType.convolutional(14, 11, 3, CNN2DFormat.NHWC), 5, 1);
    // Weights of the dense layer behind a flattened image are in the order of the format.
    boolean flattens = network == ReferenceNetwork.LENET || network == ReferenceNetwork.SMALL_CNN;
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
   *   <li>mobilenet-0.25: MLPerf Tiny's has 221,794: 2,736 biases of convolutions more.
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
    "mobilenet-0.25, 96, 3, 2, 219058"
  })
  void sizesAreAsInTheLiterature(String id, int side, int channels, int classes, long parameters) {
    NeuralNetwork network =
        ReferenceNetwork.named(id)
            .create(InputType.convolutional(side, side, channels), classes, 1);
    assertEquals(parameters, Networks.parameterCount(network));
  }

  /** A convolution or dense layer each, projections of shortcuts not counted. */
  @ParameterizedTest
  @CsvSource({"resnet8, 8", "resnet20, 20", "resnet32, 32", "resnet56, 56", "mobilenet-0.25, 28"})
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
  @EnumSource(ReferenceNetwork.class)
  void smallestImagesFit(ReferenceNetwork network) {
    InputType input = InputType.convolutional(1, 1, 1);
    INDArray output = Networks.output(network.create(input, 2, 1), images(input, 1));
    assertArrayEquals(new long[] {1, 2}, output.shape());
    assertFalse(output.isNaN().any());
  }

  @ParameterizedTest
  @EnumSource(ReferenceNetwork.class)
  void whatDoesNotFitIsSaid(ReferenceNetwork network) {
    InputType sequence = InputType.recurrent(4, 10);
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> network.create(sequence, 2, 1));
    String start = "architecture: " + network.id() + " does not fit input " + sequence;
    assertTrue(error.getMessage().startsWith(start), error.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> network.create(InputType.convolutional(28, 28, 1), 0, 1));
  }

  @Test
  void namesAreFoundAndUnknownOnesListThem() {
    List<String> ids =
        List.of(
            "lenet", "small-cnn", "resnet8", "resnet20", "resnet32", "resnet56", "mobilenet-0.25");
    assertEquals(ids, ReferenceNetwork.ids());
    ids.forEach(id -> assertEquals(id, ReferenceNetwork.named(id).id()));
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> ReferenceNetwork.named("resnet-152"));
    assertEquals(
        "architecture: there is no 'resnet-152'; there are: " + String.join(", ", ids),
        error.getMessage());
  }

  private static INDArray weights(long seed) {
    return ReferenceNetwork.SMALL_CNN.create(InputType.convolutional(8, 8, 1), 2, seed).params();
  }

  private static INDArray images(InputType input, int count) {
    return normal(
        1, LongStream.concat(LongStream.of(count), LongStream.of(input.getShape())).toArray());
  }
}
