package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.Tensors;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.NoOp;

/** A first layer that computes no dL/dx has the same gradients as one that does. */
class SkippedInputGradientTest {

  private static final String GRADIENTS = "lsq4j.gradients";
  private static final int EXAMPLES = 5;
  private static final int CHANNELS = 4;
  private static final int HEIGHT = 9;
  private static final int WIDTH = 8;

  private record Kind(CNN2DFormat format, int groups, LayerQuantization quantization) {

    MultiLayerNetwork network(InputGradient inputGradient) {
      QuantizedConvolution2D first =
          new QuantizedConvolution2D.Builder(3, 2)
              .nOut(8)
              .groups(groups)
              .stride(2, 1)
              .padding(1, 1)
              .inputGradient(inputGradient)
              .quantization(quantization)
              .activation(Activation.TANH)
              .build();
      return TestNetworks.initialized(
          TestNetworks.chain(
              DataType.FLOAT,
              new NoOp(),
              InputType.convolutional(HEIGHT, WIDTH, CHANNELS, format),
              first,
              new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build()));
    }

    INDArray images() {
      long[] shape =
          format == CNN2DFormat.NHWC
              ? new long[] {EXAMPLES, HEIGHT, WIDTH, CHANNELS}
              : new long[] {EXAMPLES, CHANNELS, HEIGHT, WIDTH};
      return Tensors.gaussian(4, DataType.FLOAT, shape);
    }
  }

  private final ComputeEngine before = ComputeEngines.current();

  /** A layer that hands on dL/dx makes it from a rounded dL/dy where bfloat16 is fast. */
  @BeforeEach
  void computeInFloat() {
    System.setProperty(GRADIENTS, "float");
    ComputeEngines.use(before.name());
  }

  @AfterEach
  void computeAsBefore() {
    System.clearProperty(GRADIENTS);
    ComputeEngines.use(before);
  }

  static Stream<Arguments> kinds() {
    QuantizerSpec weights = QuantizerSpec.weights(3);
    List<LayerQuantization> quantizations =
        List.of(
            LayerQuantization.FLOAT,
            LayerQuantization.of(weights, QuantizerSpec.activations(3, CodeSign.SIGNED)),
            LayerQuantization.of(weights, QuantizerSpec.activations(2, CodeSign.UNSIGNED)),
            LayerQuantization.of(null, QuantizerSpec.activations(8, CodeSign.SIGNED)),
            LayerQuantization.of(
                weights,
                QuantizerSpec.activations(3, CodeSign.UNSIGNED).withOffset(OffsetMode.REAL)));
    return Stream.of(CNN2DFormat.values())
        .flatMap(
            format ->
                Stream.of(1, CHANNELS)
                    .flatMap(
                        groups ->
                            quantizations.stream()
                                .map(each -> Arguments.of(new Kind(format, groups, each)))));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void hasTheGradientsOfALayerThatHandsOnDx(Kind kind) {
    Pair<Gradient, INDArray> whole = gradients(kind, InputGradient.COMPUTED);
    Pair<Gradient, INDArray> skipped = gradients(kind, InputGradient.SKIPPED);
    assertNull(skipped.getSecond(), "dL/dx");
    Map<String, INDArray> expected = whole.getFirst().gradientForVariable();
    Map<String, INDArray> found = skipped.getFirst().gradientForVariable();
    assertEquals(expected.keySet(), found.keySet());
    expected.forEach(
        (key, gradient) -> {
          double size = gradient.norm2Number().doubleValue();
          assertNotEquals(0, size, key);
          Tensors.assertClose(gradient, found.get(key), 2e-5 * size, key);
        });
  }

  private static Pair<Gradient, INDArray> gradients(Kind kind, InputGradient inputGradient) {
    return kind.network(inputGradient)
        .calculateGradients(
            kind.images(), TestNetworks.labels(DataType.FLOAT, EXAMPLES), null, null);
  }
}
