package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.deeplearning4j.gradientcheck.GradientCheckUtil;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * The layers with quantizers off are DL4J's float layers: same gradients as finite differences,
 * same outputs.
 */
class FloatModeTest {

  private static final int EXAMPLES = 3;
  private static final int CLASSES = TestNetworks.CLASSES;

  @BeforeAll
  static void useDouble() {
    Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE);
  }

  @AfterAll
  static void useFloat() {
    Nd4j.setDefaultDataTypes(DataType.FLOAT, DataType.FLOAT);
  }

  static Stream<Arguments> convolutions() {
    return Stream.of(CNN2DFormat.values())
        .flatMap(
            format ->
                Stream.of(
                    Arguments.of(format, new QuantizedConvolution2D.Builder(3, 3).nOut(4)),
                    Arguments.of(
                        format,
                        new QuantizedConvolution2D.Builder(3, 2)
                            .nOut(4)
                            .stride(2, 1)
                            .padding(1, 1)),
                    Arguments.of(
                        format,
                        new QuantizedConvolution2D.Builder(3, 3)
                            .nOut(4)
                            .stride(2, 2)
                            .convolutionMode(ConvolutionMode.Same)),
                    Arguments.of(
                        format, new QuantizedConvolution2D.Builder(2, 2).nOut(4).dilation(2, 2)),
                    Arguments.of(
                        format, new QuantizedConvolution2D.Builder(3, 3).nOut(4).groups(4)),
                    Arguments.of(
                        format,
                        new QuantizedConvolution2D.Builder(3, 3).nOut(8).groups(4).padding(1, 1)),
                    Arguments.of(
                        format,
                        new QuantizedConvolution2D.Builder(3, 3)
                            .nOut(6)
                            .groups(2)
                            .hasBias(false)
                            .convolutionMode(ConvolutionMode.Same))));
  }

  static Stream<Arguments> transposedConvolutions() {
    return Stream.of(CNN2DFormat.values())
        .flatMap(
            format ->
                Stream.of(
                    Arguments.of(
                        format,
                        new QuantizedDeconvolution2D.Builder(3, 2)
                            .nOut(3)
                            .stride(2, 1)
                            .padding(1, 0)),
                    Arguments.of(
                        format,
                        new QuantizedDeconvolution2D.Builder(3, 3)
                            .nOut(3)
                            .stride(2, 2)
                            .hasBias(false)
                            .convolutionMode(ConvolutionMode.Same)),
                    Arguments.of(
                        format,
                        new QuantizedDeconvolution2D.Builder(2, 2).nOut(3).dilation(2, 2))));
  }

  @ParameterizedTest
  @MethodSource({"convolutions", "transposedConvolutions"})
  void convolutionGradientsEqualFiniteDifferences(
      CNN2DFormat format, QuantizedConvolution2D.ConvolutionBuilder<?> builder) {
    MultiLayerNetwork network =
        TestNetworks.chain(
            DataType.DOUBLE,
            new NoOp(),
            InputType.convolutional(6, 5, 4, format),
            (Layer) builder.activation(Activation.TANH).build(),
            new FastBatchNormalization(),
            new QuantizedOutput.Builder().nOut(CLASSES).build());
    long[] shape =
        format == CNN2DFormat.NCHW
            ? new long[] {EXAMPLES, 4, 6, 5}
            : new long[] {EXAMPLES, 6, 5, 4};
    assertTrue(gradientsCorrect(network, shape));
  }

  @ParameterizedTest
  @MethodSource("sequenceLayers")
  void sequenceGradientsEqualFiniteDifferences(QuantizedConvolution1D.Builder builder) {
    MultiLayerNetwork network =
        TestNetworks.chain(
            DataType.DOUBLE,
            new NoOp(),
            InputType.recurrent(3, 7),
            builder.activation(Activation.TANH).build(),
            new org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer(),
            new QuantizedOutput.Builder().nOut(CLASSES).build());
    assertTrue(gradientsCorrect(network, EXAMPLES, 3, 7));
  }

  static Stream<QuantizedConvolution1D.Builder> sequenceLayers() {
    return Stream.of(
        new QuantizedConvolution1D.Builder(3).nOut(4),
        new QuantizedConvolution1D.Builder(3).nOut(4).stride(2).padding(1),
        new QuantizedConvolution1D.Builder(3).nOut(4).convolutionMode(ConvolutionMode.Same),
        new QuantizedConvolution1D.Builder(2)
            .nOut(4)
            .dilation(2)
            .convolutionMode(ConvolutionMode.Causal));
  }

  @Test
  void denseGradientsEqualFiniteDifferences() {
    MultiLayerNetwork network =
        TestNetworks.chain(
            DataType.DOUBLE,
            new NoOp(),
            InputType.feedForward(5),
            new QuantizedDense.Builder().nOut(6).activation(Activation.SIGMOID).build(),
            new FastBatchNormalization(),
            new QuantizedDense.Builder().nOut(6).hasBias(false).activation(Activation.TANH).build(),
            new QuantizedOutput.Builder().nOut(CLASSES).build());
    assertTrue(gradientsCorrect(network, EXAMPLES, 5));
  }

  @Test
  void outputsAndTrainingEqualStockLayers() {
    MultiLayerNetwork stock =
        TestNetworks.chain(
            DataType.DOUBLE,
            new Sgd(0.1),
            InputType.convolutional(6, 5, 2),
            new ConvolutionLayer.Builder(3, 3).nOut(4).activation(Activation.RELU).build(),
            new org.deeplearning4j.nn.conf.layers.BatchNormalization(),
            new DenseLayer.Builder().nOut(7).activation(Activation.TANH).build(),
            new OutputLayer.Builder().nOut(CLASSES).build());
    MultiLayerNetwork ours =
        TestNetworks.chain(
            DataType.DOUBLE,
            new Sgd(0.1),
            InputType.convolutional(6, 5, 2),
            new QuantizedConvolution2D.Builder(3, 3).nOut(4).activation(Activation.RELU).build(),
            new FastBatchNormalization(),
            new QuantizedDense.Builder().nOut(7).activation(Activation.TANH).build(),
            new QuantizedOutput.Builder().nOut(CLASSES).build());
    stock.paramTable().forEach((key, value) -> ours.setParam(key, value));
    INDArray x = Nd4j.rand(DataType.DOUBLE, EXAMPLES, 2, 6, 5);
    INDArray labels = TestNetworks.labels(DataType.DOUBLE, EXAMPLES);
    for (int step = 0; step < 3; step++) {
      stock.fit(x, labels);
      ours.fit(x, labels);
      assertEquals(stock.score(), ours.score(), 1e-6);
    }
    stock
        .paramTable()
        .forEach(
            (key, value) ->
                assertTrue(value.equalsWithEps(ours.getParam(key), 1e-6), "parameter " + key));
    assertTrue(stock.output(x).equalsWithEps(ours.output(x), 1e-6));
  }

  private static boolean gradientsCorrect(MultiLayerNetwork network, long... inputShape) {
    Nd4j.getRandom().setSeed(7);
    return GradientCheckUtil.checkGradients(
        new GradientCheckUtil.MLNConfig()
            .net(network)
            .epsilon(1e-6)
            .maxRelError(1e-4)
            .minAbsoluteError(1e-8)
            .input(Nd4j.randn(DataType.DOUBLE, inputShape))
            .labels(TestNetworks.labels(DataType.DOUBLE, EXAMPLES))
            .subset(true)
            .maxPerParam(12)
            .excludeParams(java.util.Set.of("1_mean", "1_log10stdev", "1_var")));
  }
}
