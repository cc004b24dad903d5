package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.compute.Tensors.assertClose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.Tensors;
import org.lsq4j.quantizer.ChannelLayout;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;
import org.lsq4j.quantizer.FakeQuantizer;
import org.lsq4j.quantizer.GradientScale;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * Gradients of quantized layers. Finite differences say nothing about a staircase, so a layer is
 * compared with what it is composed of: its float self on quantized values, whose gradients {@link
 * FloatModeTest} checks, and the quantizer's equations from the oracle.
 */
class QuantizedGradientsTest {

  private static final int EXAMPLES = 3;
  private static final double TOLERANCE = 1e-10;

  /** A layer, first in a network. */
  private record Kind(
      String name,
      InputType input,
      long[] inputShape,
      int channelAxis,
      Function<LayerQuantization, Layer> layer,
      List<Layer> behind) {

    MultiLayerNetwork network(LayerQuantization quantization) {
      List<Layer> layers = new ArrayList<>(List.of(layer.apply(quantization)));
      layers.addAll(behind.stream().map(Layer::clone).toList());
      return TestNetworks.chain(DataType.DOUBLE, new NoOp(), input, layers.toArray(Layer[]::new));
    }

    INDArray features() {
      return Tensors.gaussian(17, DataType.DOUBLE, inputShape);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static final Layer OUTPUT = new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build();
  private static final InputType NCHW = InputType.convolutional(6, 5, 4);
  private static final InputType NHWC = InputType.convolutional(6, 5, 4, CNN2DFormat.NHWC);

  private static final List<Kind> KINDS =
      List.of(
          image("NCHW", NCHW, new long[] {EXAMPLES, 4, 6, 5}, 1),
          image("NHWC", NHWC, new long[] {EXAMPLES, 6, 5, 4}, 1),
          image("NCHW in groups", NCHW, new long[] {EXAMPLES, 4, 6, 5}, 2),
          image("NHWC depthwise", NHWC, new long[] {EXAMPLES, 6, 5, 4}, 4),
          transposed("NCHW transposed", NCHW, new long[] {EXAMPLES, 4, 6, 5}),
          transposed("NHWC transposed", NHWC, new long[] {EXAMPLES, 6, 5, 4}),
          new Kind(
              "sequence",
              InputType.recurrent(3, 7),
              new long[] {EXAMPLES, 3, 7},
              0,
              quantization ->
                  new QuantizedConvolution1D.Builder(3)
                      .nOut(5)
                      .quantization(quantization)
                      .activation(Activation.TANH)
                      .build(),
              List.of(new GlobalPoolingLayer(), OUTPUT)),
          new Kind(
              "dense",
              InputType.feedForward(7),
              new long[] {EXAMPLES, 7},
              1,
              quantization ->
                  new QuantizedDense.Builder()
                      .nOut(5)
                      .quantization(quantization)
                      .activation(Activation.TANH)
                      .build(),
              List.of(OUTPUT)),
          new Kind(
              "output",
              InputType.feedForward(7),
              new long[] {EXAMPLES, 7},
              1,
              quantization ->
                  new QuantizedOutput.Builder()
                      .nOut(TestNetworks.CLASSES)
                      .quantization(quantization)
                      .build(),
              List.of()));

  private static Kind transposed(String name, InputType input, long[] shape) {
    return new Kind(
        name,
        input,
        shape,
        1,
        quantization ->
            new QuantizedDeconvolution2D.Builder(3, 2)
                .nOut(4)
                .stride(2, 1)
                .padding(1, 0)
                .quantization(quantization)
                .activation(Activation.TANH)
                .build(),
        List.of(OUTPUT));
  }

  private static Kind image(String name, InputType input, long[] shape, int groups) {
    return new Kind(
        name,
        input,
        shape,
        0,
        quantization ->
            new QuantizedConvolution2D.Builder(3, 2)
                .nOut(4)
                .groups(groups)
                .padding(1, 0)
                .quantization(quantization)
                .activation(Activation.TANH)
                .build(),
        List.of(OUTPUT));
  }

  private static final QuantizerSpec WEIGHTS = QuantizerSpec.weights(3);
  private static final QuantizerSpec INPUTS = QuantizerSpec.activations(4, CodeSign.SIGNED);

  private static final List<LayerQuantization> QUANTIZATIONS =
      List.of(
          LayerQuantization.of(WEIGHTS, INPUTS),
          LayerQuantization.of(WEIGHTS, null),
          LayerQuantization.of(null, INPUTS),
          LayerQuantization.of(
              WEIGHTS.withGranularity(Granularity.PER_CHANNEL).withOffset(OffsetMode.REAL),
              QuantizerSpec.activations(3, CodeSign.UNSIGNED).withOffset(OffsetMode.REAL)),
          LayerQuantization.of(
              WEIGHTS.withGranularity(Granularity.PER_CHANNEL).withSpan(CodeSpan.NARROW),
              INPUTS.withOffset(OffsetMode.INTEGER).withGradientScale(GradientScale.PER_BATCH)),
          LayerQuantization.of(
              WEIGHTS.withOffset(OffsetMode.INTEGER).withGradientScale(GradientScale.NONE),
              INPUTS.withGradientScale(GradientScale.NONE)));

  @BeforeAll
  static void useDouble() {
    Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE);
  }

  @AfterAll
  static void useFloat() {
    Nd4j.setDefaultDataTypes(DataType.FLOAT, DataType.FLOAT);
  }

  static Stream<Arguments> layers() {
    return KINDS.stream()
        .flatMap(kind -> QUANTIZATIONS.stream().map(choice -> Arguments.of(kind, choice)));
  }

  @ParameterizedTest
  @MethodSource("layers")
  void gradientsEqualFloatLayerComposedWithQuantizers(Kind kind, LayerQuantization quantization) {
    MultiLayerNetwork quantized = TestNetworks.initialized(kind.network(quantization));
    Side weights = Side.weights(quantized, quantization.weights(), kind.channelAxis);
    Side inputs = Side.inputs(quantized, quantization.inputs(), kind.features());

    MultiLayerNetwork composed = kind.network(LayerQuantization.FLOAT);
    composed.paramTable().forEach((key, value) -> value.assign(quantized.getParam(key)));
    composed.getParam("0_W").assign(weights.forward());
    INDArray labels = TestNetworks.labels(DataType.DOUBLE, EXAMPLES);
    Pair<Gradient, INDArray> expected =
        composed.calculateGradients(inputs.forward(), labels, null, null);
    Pair<Gradient, INDArray> actual =
        quantized.calculateGradients(kind.features(), labels, null, null);

    assertClose(
        expected.getFirst().getGradientFor("0_b"),
        actual.getFirst().getGradientFor("0_b"),
        TOLERANCE,
        "dL/db");
    weights.check(expected.getFirst().getGradientFor("0_W"), actual.getFirst(), "W");
    assertClose(
        weights.values(expected.getFirst().getGradientFor("0_W")),
        actual.getFirst().getGradientFor("0_W"),
        TOLERANCE,
        "dL/dW");
    inputs.check(expected.getSecond(), actual.getFirst(), "A");
    assertClose(inputs.values(expected.getSecond()), actual.getSecond(), TOLERANCE, "dL/dx");
  }

  static Stream<Kind> kinds() {
    return KINDS.stream();
  }

  /** Where all inputs are clipped, xHat = p s + z: a smooth function of s and z after all. */
  @ParameterizedTest
  @MethodSource("kinds")
  void stepAndOffsetGradientsEqualFiniteDifferencesWhereEverythingIsClipped(Kind kind) {
    LayerQuantization quantization =
        LayerQuantization.of(
            null, INPUTS.withOffset(OffsetMode.REAL).withGradientScale(GradientScale.NONE));
    MultiLayerNetwork network = TestNetworks.initialized(kind.network(quantization));
    network.getParam("0_sA").assign(0.05);
    DataSet clipped =
        new DataSet(kind.features().addi(10), TestNetworks.labels(DataType.DOUBLE, EXAMPLES));
    Gradient gradient =
        network
            .calculateGradients(clipped.getFeatures(), clipped.getLabels(), null, null)
            .getFirst();
    for (String key : List.of("0_sA", "0_zA")) {
      double difference = finiteDifference(network, key, clipped);
      assertTrue(Math.abs(difference) > 1e-3, "the test would prove nothing: " + difference);
      double analytic = gradient.getGradientFor(key).getDouble(0) / EXAMPLES;
      assertEquals(difference, analytic, 1e-6 * Math.abs(difference), key);
    }
  }

  private static double finiteDifference(MultiLayerNetwork network, String key, DataSet data) {
    INDArray parameter = network.getParam(key);
    double value = parameter.getDouble(0);
    double change = 1e-6;
    parameter.assign(value + change);
    double above = network.score(data);
    parameter.assign(value - change);
    double below = network.score(data);
    parameter.assign(value);
    return (above - below) / (2 * change);
  }

  /** One quantizer's part of the composition; does nothing if the quantizer is off. */
  private record Side(QuantizerSpec spec, INDArray original, FakeQuantizer oracle, double scale) {

    static Side weights(MultiLayerNetwork network, QuantizerSpec spec, int axis) {
      INDArray w = network.getParam("0_W");
      boolean perChannel = spec != null && spec.granularity() == Granularity.PER_CHANNEL;
      ChannelLayout layout =
          perChannel ? ChannelLayout.ofAxis(w.shape(), axis) : ChannelLayout.PER_TENSOR;
      return of(network, spec, w, layout, "W", w.length() / layout.channels());
    }

    static Side inputs(MultiLayerNetwork network, QuantizerSpec spec, INDArray x) {
      boolean perBatch = spec != null && spec.gradientScale() == GradientScale.PER_BATCH;
      long counted = perBatch ? x.length() : x.length() / EXAMPLES;
      return of(network, spec, x, ChannelLayout.PER_TENSOR, "A", counted);
    }

    private static Side of(
        MultiLayerNetwork network,
        QuantizerSpec spec,
        INDArray original,
        ChannelLayout layout,
        String suffix,
        long counted) {
      if (spec == null) {
        return new Side(null, original, null, 0);
      }
      double[] step = Tensors.values(network.getParam("0_s" + suffix));
      INDArray offset = network.getParam("0_z" + suffix);
      double[] z = offset == null ? new double[step.length] : Tensors.values(offset);
      double g =
          spec.gradientScale() == GradientScale.NONE
              ? 1
              : 1 / Math.sqrt((double) counted * spec.range().highest());
      return new Side(spec, original.dup(), new FakeQuantizer(spec, layout, step, z), g);
    }

    INDArray forward() {
      return spec == null
          ? original
          : Tensors.of(oracle.forward(Tensors.values(original)), DataType.DOUBLE, original.shape());
    }

    private FakeQuantizer.Gradients backward(INDArray upstream) {
      return oracle.backward(Tensors.values(original), Tensors.values(upstream), scale);
    }

    /** The gradient of the unquantized values. */
    double[] values(INDArray upstream) {
      return spec == null ? Tensors.values(upstream) : backward(upstream).input();
    }

    /** Checks the gradients of step and offset. */
    void check(INDArray upstream, Gradient actual, String suffix) {
      INDArray step = actual.getGradientFor("0_s" + suffix);
      INDArray offset = actual.getGradientFor("0_z" + suffix);
      assertEquals(spec != null, step != null, "step exists");
      assertEquals(spec != null && spec.learnsOffset(), offset != null, "offset exists");
      if (step != null) {
        double[] expected = backward(upstream).step();
        assertTrue(Arrays.stream(expected).anyMatch(value -> value != 0), "dL/ds is not 0");
        assertClose(expected, step, TOLERANCE, "dL/ds" + suffix);
      }
      if (offset != null) {
        assertClose(backward(upstream).offset(), offset, TOLERANCE, "dL/dz" + suffix);
      }
    }
  }
}
