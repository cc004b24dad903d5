package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.network.TestNetworks.normal;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.QuantizerSpec;
import org.lsq4j.training.Calibration;
import org.lsq4j.training.LearningRate;
import org.lsq4j.training.OptimizerKind;
import org.lsq4j.training.OptimizerSettings;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Every reference network can be converted, calibrated, trained and saved. */
class ReferenceNetworkTrainingTest {

  private static final int BATCH = 4;
  private static final int SIDE = 16;
  private static final int CHANNELS = 3;
  private static final int CLASSES = 5;
  private static final double LEARNING_RATE = 0.01;

  @TempDir private static Path folder;

  static Stream<Arguments> networks() {
    return references()
        .flatMap(
            network ->
                Stream.of(CNN2DFormat.values()).map(format -> Arguments.of(network, format)));
  }

  static Stream<ReferenceNetwork> references() {
    return TestNetworks.references();
  }

  @ParameterizedTest
  @MethodSource("networks")
  void trainsInFloatAndQuantized(ReferenceNetwork architecture, CNN2DFormat format) {
    DataSet data = batch(format);
    NeuralNetwork floatNetwork = create(architecture, format);
    assertStepMovesEveryLayer(floatNetwork, data);
    settleStatistics(floatNetwork, data);
    NeuralNetwork quantized = quantized(floatNetwork).network();
    assertEquals(
        List.of(), Calibration.run(quantized, TestNetworks.batches(data), 1), "no warnings");
    assertTrue(QuantizerView.of(quantized).stream().allMatch(QuantizerView::initialized));
    assertStepMovesEveryLayer(quantized, data);
  }

  @ParameterizedTest
  @MethodSource("references")
  void savedNetworksComputeAndTrainTheSame(ReferenceNetwork architecture) throws IOException {
    DataSet data = batch(CNN2DFormat.NHWC);
    NeuralNetwork floatNetwork = create(architecture, CNN2DFormat.NHWC);
    settleStatistics(floatNetwork, data);
    NeuralNetwork network = quantized(floatNetwork).network();
    Calibration.run(network, TestNetworks.batches(data), 1);
    prepare(network, LEARNING_RATE);
    network.fit(data);
    File file = folder.resolve(architecture.id() + ".zip").toFile();
    ModelSerializer.writeModel((Model) network, file, true);
    NeuralNetwork loaded = Networks.load(file.toPath());
    assertEquals(
        Networks.output(network, data.getFeatures()), Networks.output(loaded, data.getFeatures()));
    network.fit(data);
    loaded.fit(data);
    assertEquals(network.params(), loaded.params());
  }

  /**
   * Signed are the images and what comes through a linear bottleneck, which only expansions and the
   * last convolution read; what Swish gives has an offset. Rectifiers inside batch norm and sums
   * are seen.
   */
  @ParameterizedTest
  @MethodSource("references")
  void signsFollowTheActivationFunctions(ReferenceNetwork architecture) {
    List<LayerDecision> decisions =
        quantized(create(architecture, CNN2DFormat.NHWC)).decisions().stream()
            .filter(decision -> decision.quantization().isPresent())
            .toList();
    for (LayerDecision decision : decisions) {
      boolean isFirst = decision == decisions.get(0);
      boolean behindBottleneck = decision.layer().matches("b\\d+-expand|conv2");
      boolean isSigned = isFirst || architecture.id().startsWith("mobilenetv2") && behindBottleneck;
      CodeSign expected = isSigned ? CodeSign.SIGNED : CodeSign.UNSIGNED;
      QuantizerSpec inputs = decision.quantization().orElseThrow().inputs();
      assertEquals(expected, inputs.sign(), decision::toString);
      boolean isSkewed = architecture.id().endsWith("swish") && !isSigned;
      assertEquals(isSkewed, inputs.learnsOffset(), decision::toString);
    }
  }

  private static void assertStepMovesEveryLayer(NeuralNetwork network, DataSet data) {
    prepare(network, LEARNING_RATE);
    List<float[]> before = weights(network);
    network.fit(data);
    assertTrue(Double.isFinite(Networks.score(network)), "loss");
    List<float[]> after = weights(network);
    for (int i = 0; i < before.size(); i++) {
      // Not of arrays as ND4J compares them: it takes small changes for none.
      assertFalse(Arrays.equals(before.get(i), after.get(i)), "weights of layer " + i);
    }
  }

  /**
   * Gives batch norms the statistics of a batch, and changes nothing else. With those they start
   * with, a deep network does not compute in inference, when it is calibrated, what it computes in
   * training.
   */
  private static void settleStatistics(NeuralNetwork network, DataSet data) {
    for (Layer layer : Networks.layers(network)) {
      if (layer.conf().getLayer() instanceof BatchNormalization norm) {
        norm.setDecay(0);
      }
    }
    prepare(network, 1e-12);
    network.fit(data);
  }

  /** Without weight decay, which would move weights that get no gradient. */
  private static void prepare(NeuralNetwork network, double learningRate) {
    LearningRate rate = LearningRate.cosine(learningRate);
    new OptimizerSettings(OptimizerKind.SGD, rate, 1, 0.9, OptionalDouble.of(0))
        .applyTo(network, 1, 10);
  }

  private static List<float[]> weights(NeuralNetwork network) {
    return Networks.layers(network).stream()
        .filter(layer -> layer.paramTable().containsKey("W"))
        .map(layer -> layer.getParam("W").dup().data().asFloat())
        .toList();
  }

  private static QuantizedNetwork<? extends NeuralNetwork> quantized(NeuralNetwork network) {
    return new NetworkQuantizer(QuantizationPolicy.builder(3, 3).build()).quantize(network);
  }

  private static NeuralNetwork create(ReferenceNetwork architecture, CNN2DFormat format) {
    return architecture.create(InputType.convolutional(SIDE, SIDE, CHANNELS, format), CLASSES, 1);
  }

  private static DataSet batch(CNN2DFormat format) {
    INDArray images =
        format == CNN2DFormat.NHWC
            ? normal(2, BATCH, SIDE, SIDE, CHANNELS)
            : normal(2, BATCH, CHANNELS, SIDE, SIDE);
    INDArray labels = Nd4j.zeros(BATCH, CLASSES);
    for (int i = 0; i < BATCH; i++) {
      labels.putScalar(i, i % CLASSES, 1);
    }
    return new DataSet(images, labels);
  }
}
