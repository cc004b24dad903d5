package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.Stream;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** Mistakes are told with the layer's name and what is wrong. */
class InvalidInputTest {

  private static final String NAME = "culprit";

  static Stream<Arguments> wrongInputs() {
    InputType sequences = InputType.recurrent(3, 9);
    Layer image = new QuantizedConvolution2D.Builder(3, 3).name(NAME).nOut(4).build();
    Layer strided =
        new QuantizedConvolution2D.Builder(3, 3).stride(2, 2).name(NAME).nOut(4).build();
    Layer sequence = new QuantizedConvolution1D.Builder(3).name(NAME).nOut(4).build();
    Layer dense = new QuantizedDense.Builder().name(NAME).nOut(4).build();
    Layer output = new QuantizedOutput.Builder().name(NAME).nOut(4).build();
    FastBatchNormalization norm = new FastBatchNormalization();
    norm.setLayerName(NAME);
    return Stream.of(
        Arguments.of(image, TestNetworks.IMAGES, new long[] {2, 3, 8, 7}),
        Arguments.of(image, TestNetworks.IMAGES, new long[] {2, 8, 7, 2}),
        Arguments.of(image, TestNetworks.IMAGES, new long[] {2, 112}),
        Arguments.of(image, TestNetworks.IMAGES, new long[] {2, 2, 8, 2}),
        Arguments.of(strided, TestNetworks.IMAGES, new long[] {2, 2, 8, 2}),
        Arguments.of(sequence, sequences, new long[] {2, 4, 9}),
        Arguments.of(sequence, sequences, new long[] {2, 3}),
        Arguments.of(sequence, sequences, new long[] {2, 3, 2}),
        Arguments.of(dense, InputType.feedForward(5), new long[] {2, 6}),
        Arguments.of(dense, InputType.feedForward(5), new long[] {2, 5, 1}),
        Arguments.of(output, InputType.feedForward(5), new long[] {2, 6}),
        Arguments.of(norm, TestNetworks.IMAGES, new long[] {2, 3, 8, 7}),
        Arguments.of(norm, TestNetworks.IMAGES, new long[] {2, 3, 8}));
  }

  @ParameterizedTest
  @MethodSource("wrongInputs")
  void wrongShapeIsToldWithTheLayersName(Layer layer, InputType input, long[] shape) {
    MultiLayerNetwork network =
        TestNetworks.chain(DataType.FLOAT, new Sgd(0.1), input, layer.clone());
    String message =
        assertThrows(
                DL4JInvalidInputException.class,
                () -> network.output(Nd4j.zeros(DataType.FLOAT, shape)))
            .getMessage();
    assertTrue(message.contains(NAME), message);
    assertTrue(message.contains(Arrays.toString(shape)), message);
  }

  @Test
  void groupsMustDivideTheChannels() {
    Layer layer = new QuantizedConvolution2D.Builder(3, 3).name(NAME).nOut(4).groups(3).build();
    String message =
        assertThrows(
                IllegalStateException.class,
                () -> TestNetworks.chain(DataType.FLOAT, new Sgd(0.1), TestNetworks.IMAGES, layer))
            .getMessage();
    assertTrue(message.contains(NAME), message);
    assertTrue(message.contains("groups = 3"), message);
  }

  @Test
  void inputsHaveOneStep() {
    QuantizerSpec inputs =
        QuantizerSpec.activations(4, CodeSign.SIGNED).withGranularity(Granularity.PER_CHANNEL);
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> LayerQuantization.of(null, inputs));
    assertTrue(error.getMessage().contains("granularity"), error.getMessage());
  }

  @Test
  void decayIsNotNegative() {
    for (double decay : new double[] {-1, Double.NaN}) {
      assertThrows(
          IllegalArgumentException.class, () -> TestNetworks.FOUR_BITS.withStepWeightDecay(decay));
    }
  }

  @Test
  void flatParametersOfAnotherLengthAreRefused() {
    MultiLayerNetwork network =
        TestNetworks.chain(
            DataType.FLOAT,
            new Sgd(0.1),
            InputType.feedForward(5),
            new QuantizedOutput.Builder().name(NAME).nOut(4).build());
    assertThrows(
        IllegalArgumentException.class,
        () -> network.getLayer(0).setParams(Nd4j.zeros(DataType.FLOAT, 7)));
  }
}
