package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.network.TestNetworks.normal;

import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
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
    long[] shape = LongStream.concat(LongStream.of(2), LongStream.of(input.getShape())).toArray();
    INDArray output = network.create(input, 7, 1).output(normal(1, shape));
    assertArrayEquals(new long[] {2, 7}, output.shape());
    assertEquals(2, output.sumNumber().doubleValue(), 1e-5);
  }

  @Test
  void sizesAreAsDocumented() {
    InputType grey = InputType.convolutional(28, 28, 1);
    // Weights 144, 4608, 18432, 401408, 1280; biases 128, 10; batch norm 4 x 112.
    assertEquals(472_922, ReferenceNetwork.SMALL_CNN.create(grey, 10, 1).numParams());
    // 520, 25050, 49 x 50 x 500 + 500, 5010.
    assertEquals(1_256_080, ReferenceNetwork.LENET.create(grey, 10, 1).numParams());
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
    INDArray output =
        network.create(InputType.convolutional(1, 1, 1), 2, 1).output(normal(1, 1, 1, 1, 1));
    assertArrayEquals(new long[] {1, 2}, output.shape());
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
    assertEquals(List.of("lenet", "small-cnn"), ReferenceNetwork.ids());
    assertEquals(ReferenceNetwork.SMALL_CNN, ReferenceNetwork.named("small-cnn"));
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> ReferenceNetwork.named("resnet-152"));
    assertEquals(
        "architecture: there is no 'resnet-152'; there are: lenet, small-cnn", error.getMessage());
  }

  private static INDArray weights(long seed) {
    MultiLayerNetwork network =
        ReferenceNetwork.SMALL_CNN.create(InputType.convolutional(8, 8, 1), 2, seed);
    return network.params();
  }
}
