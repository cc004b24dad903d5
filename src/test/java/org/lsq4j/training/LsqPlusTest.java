package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.network.CodesChoice;
import org.lsq4j.network.LayerDecision;
import org.lsq4j.network.LayerException;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.OffsetChoice;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.QuantizedNetwork;
import org.lsq4j.network.QuantizerChoices;
import org.lsq4j.network.TestNetworks;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.GradientScale;
import org.lsq4j.quantizer.InitializerKind;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;

/** LSQ+ in a network with Swish and ReLU that has learned a little. */
class LsqPlusTest {

  private static final int BITS = 2;
  private static final List<String> LAYERS = List.of("conv1", "conv2", "dense", "output");

  private static MultiLayerNetwork network;

  @BeforeAll
  static void train() {
    network =
        TestNetworks.chain(
            MiniFashion.IMAGE,
            convolution("conv1"),
            new BatchNormalization.Builder().name("norm1").build(),
            new ActivationLayer.Builder().name("swish").activation(Activation.SWISH).build(),
            convolution("conv2"),
            new BatchNormalization.Builder().name("norm2").build(),
            new ActivationLayer.Builder().name("relu").activation(Activation.RELU).build(),
            new DenseLayer.Builder().name("dense").nOut(16).activation(Activation.GELU).build(),
            new OutputLayer.Builder()
                .name("output")
                .nOut(MiniFashion.CLASSES)
                .activation(Activation.SOFTMAX)
                .build());
    OptimizerSettings.sgd(0.02).applyTo(network, 2, 40);
    network.fit(MiniFashion.training(2_000), 2);
  }

  @Test
  void usedByDefaultWhereValuesAreSkewedAndOnlyThere() {
    QuantizedNetwork<MultiLayerNetwork> quantized = quantized(policy());
    assertEquals(lsq(8, CodeSign.SIGNED, InitializerKind.MSE), inputs(quantized, "conv1"));
    assertEquals(lsqPlus(BITS, CodeSign.UNSIGNED, OffsetMode.REAL), inputs(quantized, "conv2"));
    assertEquals(lsq(BITS, CodeSign.UNSIGNED, InitializerKind.LSQ), inputs(quantized, "dense"));
    assertEquals(lsqPlus(8, CodeSign.UNSIGNED, OffsetMode.REAL), inputs(quantized, "output"));
    assertEquals(
        "skewed input: after swish in swish, hence an offset",
        decision(quantized, "conv2").reason());
    assertEquals("unsigned input: after relu in relu", decision(quantized, "dense").reason());
    assertTrue(decision(quantized, "conv2").toString().contains("offset real"));
  }

  @Test
  void theAutomaticOffsetMayBeAnInteger() {
    QuantizedNetwork<MultiLayerNetwork> quantized =
        quantized(policy().inputOffset(OffsetChoice.AUTO_INTEGER));
    assertEquals(lsqPlus(BITS, CodeSign.UNSIGNED, OffsetMode.INTEGER), inputs(quantized, "conv2"));
    assertEquals(OffsetMode.NONE, inputs(quantized, "dense").offset());
  }

  @ParameterizedTest
  @CsvSource({
    "1, UNSIGNED, NONE",
    "2, SIGNED, NONE",
    "3, SIGNED, REAL",
    "4, UNSIGNED, REAL",
  })
  void theFourConfigurations(int number, CodesChoice codes, OffsetChoice offset) {
    CodeSign sign = CodeSign.valueOf(codes.name());
    OffsetMode mode = OffsetMode.valueOf(offset.name());
    QuantizedNetwork<MultiLayerNetwork> whole =
        quantized(policy().inputCodes(codes).inputOffset(offset));
    for (String layer : LAYERS) {
      CodeSign expected = layer.equals("conv1") ? CodeSign.SIGNED : sign;
      assertEquals(expected, inputs(whole, layer).sign(), layer);
      assertEquals(mode, inputs(whole, layer).offset());
    }
    QuantizedNetwork<MultiLayerNetwork> oneLayer =
        quantized(
            policy()
                .exception(
                    "conv2",
                    LayerException.of(
                        QuantizerChoices.NONE.withInputCodes(codes).withInputOffset(offset))));
    assertEquals(sign, inputs(oneLayer, "conv2").sign());
    assertEquals(mode, inputs(oneLayer, "conv2").offset());
    assertEquals(OffsetMode.NONE, inputs(oneLayer, "dense").offset());
    assertEquals(
        number == 1, decision(whole, "conv2").reason().endsWith("negative values become 0"));
    Calibration.run(whole.network(), MiniFashion.training(200), 4);
    whole.network().fit(MiniFashion.training(100), 1);
    assertTrue(Double.isFinite(whole.network().score()));
  }

  @Test
  void theNetworksInputKeepsItsCodesUnlessAnExceptionSaysSo() {
    LayerException unsigned =
        LayerException.of(QuantizerChoices.NONE.withInputCodes(CodesChoice.UNSIGNED));
    assertEquals(
        CodeSign.UNSIGNED,
        inputs(quantized(policy().exception("conv1", unsigned)), "conv1").sign());
  }

  /**
   * z3 = z4 + 2^(b-1) s: the same outputs, the same gradients of weights and offsets, and those of
   * s differ by 2^(b-1) dL/dz. Without the gradient scale, in which p differs; and with one
   * quantized layer only, because behind a second one a rounding error of the first may become a
   * step.
   */
  @Test
  void configurations3And4AreTheSameFunction() {
    MultiLayerNetwork four = calibrated(unscaled(CodesChoice.UNSIGNED));
    MultiLayerNetwork three = quantized(unscaled(CodesChoice.SIGNED)).network();
    three.setParams(four.params());
    org.deeplearning4j.nn.api.Layer layer = three.getLayer("conv2");
    INDArray shift = layer.getParam("sA").mul(1 << (BITS - 1));
    layer.setParam("zA", layer.getParam("zA").add(shift));
    DataSet batch = MiniFashion.training(50).next();
    assertTrue(
        four.output(batch.getFeatures()).equalsWithEps(three.output(batch.getFeatures()), 1e-4));

    Update updateOfThree = update(three, batch);
    Update updateOfFour = update(four, batch);
    double moved = updateOfFour.weights.norm2Number().doubleValue();
    double difference = updateOfFour.weights.sub(updateOfThree.weights).norm2Number().doubleValue();
    assertTrue(moved > 0 && difference < 0.01 * moved, () -> difference + " of " + moved);
    double dz = updateOfFour.offset;
    assertTrue(Math.abs(dz) > 1e-5, "dz " + dz);
    assertEquals(dz, updateOfThree.offset, 0.01 * Math.abs(dz));
    double expected = updateOfThree.step + (1 << (BITS - 1)) * dz;
    assertEquals(expected, updateOfFour.step, 0.01 * Math.abs(dz));
  }

  private static QuantizationPolicy.Builder unscaled(CodesChoice codes) {
    QuantizerChoices choices =
        QuantizerChoices.NONE
            .withInputCodes(codes)
            .withInputOffset(OffsetChoice.REAL)
            .withGradientScale(GradientScale.NONE);
    return policy()
        .exception("*", LayerException.FLOAT)
        .exception("conv2", LayerException.bits(BITS, BITS).with(choices));
  }

  /** What one update did to conv2. */
  private record Update(INDArray weights, double step, double offset) {}

  private static Update update(MultiLayerNetwork network, DataSet batch) {
    LearningRate rate = new LearningRate(1e-3, ScheduleKind.CONSTANT, 0, 1, 1);
    new OptimizerSettings(OptimizerKind.SGD, rate, 1, 0, OptionalDouble.of(0))
        .applyTo(network, 1, 1);
    org.deeplearning4j.nn.api.Layer layer = network.getLayer("conv2");
    INDArray weights = layer.getParam("W").dup();
    double step = layer.getParam("sA").getDouble(0);
    double offset = layer.getParam("zA").getDouble(0);
    network.fit(batch);
    return new Update(
        layer.getParam("W").sub(weights),
        layer.getParam("sA").getDouble(0) - step,
        layer.getParam("zA").getDouble(0) - offset);
  }

  /**
   * The reason for LSQ+: signed codes waste half of their range, unsigned ones lose what is
   * negative.
   */
  @Test
  void logitsStayNearerThanWithoutOffset() {
    double plus = logitError(calibrated(alone()));
    double unsigned = logitError(mse(CodesChoice.UNSIGNED));
    double signed = logitError(mse(CodesChoice.SIGNED));
    assertTrue(plus < unsigned, plus + " against " + unsigned);
    assertTrue(plus < signed, plus + " against " + signed);
  }

  private static double logitError(MultiLayerNetwork quantized) {
    ImageBatches images = MiniFashion.evaluation(300);
    return Predictions.of(quantized, images).errorAgainst(Predictions.of(network, images));
  }

  /** Only conv2's input has few bits. */
  private static MultiLayerNetwork mse(CodesChoice codes) {
    return calibrated(
        alone().inputCodes(codes).inputOffset(OffsetChoice.NONE).initializer(InitializerKind.MSE));
  }

  private static QuantizationPolicy.Builder alone() {
    return QuantizationPolicy.builder(8, 8).exception("conv2", LayerException.bits(8, BITS));
  }

  private static MultiLayerNetwork calibrated(QuantizationPolicy.Builder policy) {
    MultiLayerNetwork quantized = quantized(policy).network();
    Calibration.run(quantized, MiniFashion.training(200), 4);
    return quantized;
  }

  private static QuantizationPolicy.Builder policy() {
    return QuantizationPolicy.builder(BITS, BITS);
  }

  private static QuantizedNetwork<MultiLayerNetwork> quantized(QuantizationPolicy.Builder policy) {
    return new NetworkQuantizer(policy.build()).quantize(network);
  }

  private static QuantizerSpec lsq(int bits, CodeSign sign, InitializerKind initializer) {
    return QuantizerSpec.activations(bits, sign).withInitializer(initializer);
  }

  private static QuantizerSpec lsqPlus(int bits, CodeSign sign, OffsetMode offset) {
    return lsq(bits, sign, InitializerKind.LSQ_PLUS).withOffset(offset);
  }

  private static QuantizerSpec inputs(QuantizedNetwork<?> quantized, String layer) {
    return decision(quantized, layer).quantization().orElseThrow().inputs();
  }

  private static LayerDecision decision(QuantizedNetwork<?> quantized, String layer) {
    Optional<LayerDecision> found =
        quantized.decisions().stream()
            .filter(decision -> decision.layer().equals(layer))
            .findFirst();
    return found.orElseThrow();
  }

  private static ConvolutionLayer convolution(String name) {
    return new ConvolutionLayer.Builder(3, 3)
        .name(name)
        .nOut(8)
        .stride(2, 2)
        .hasBias(false)
        .updater(new Sgd(0.01))
        .dataFormat(CNN2DFormat.NHWC)
        .build();
  }
}
