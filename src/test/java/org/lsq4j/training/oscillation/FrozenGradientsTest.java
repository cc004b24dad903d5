package org.lsq4j.training.oscillation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lsq4j.layer.LayerQuantization;
import org.lsq4j.layer.QuantizedOutput;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.network.TestNetworks;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerSpec;
import org.lsq4j.training.Calibration;
import org.lsq4j.training.StepGradients;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.NoOp;

/** The loss of an output layer is smooth in s and z once its codes are fixed. */
class FrozenGradientsTest {

  private static final int EXAMPLES = 5;
  private static final int FEATURES = 6;
  private static final int CLASSES = 3;

  private static final INDArray X =
      TestNetworks.normal(1, EXAMPLES, FEATURES).castTo(DataType.DOUBLE);
  private static final INDArray Y = labels();

  private static INDArray labels() {
    INDArray labels = Nd4j.zeros(DataType.DOUBLE, EXAMPLES, CLASSES);
    for (int i = 0; i < EXAMPLES; i++) {
      labels.putScalar(i, i % CLASSES, 1);
    }
    return labels;
  }

  private static MultiLayerNetwork network(LayerQuantization quantization) {
    MultiLayerNetwork network =
        TestNetworks.chain(
            InputType.feedForward(FEATURES),
            new QuantizedOutput.Builder()
                .name("output")
                .nOut(CLASSES)
                .quantization(quantization)
                .build());
    MultiLayerNetwork exact = network.convertDataType(DataType.DOUBLE);
    Calibration.run(exact, TestNetworks.batches(new DataSet(X, Y)), 1);
    return exact;
  }

  private static LayerQuantization quantization(Granularity granularity, OffsetMode offset) {
    return LayerQuantization.of(
        QuantizerSpec.weights(3).withGranularity(granularity).withOffset(offset), null);
  }

  /** The weights and their tracker, after all were frozen. */
  private record Frozen(
      MultiLayerNetwork network, QuantizedWeights weights, OscillationTracker tracker) {

    static Frozen of(MultiLayerNetwork network) {
      QuantizedLayer layer = TestNetworks.quantizedLayers(network).get(0);
      QuantizedWeights weights = new QuantizedWeights(layer);
      short[] codes = new short[weights.length()];
      weights.read();
      weights.codes(codes);
      OscillationTracker tracker = new OscillationTracker(codes);
      tracker.update(codes, 0.1f, -1);
      Frozen frozen = new Frozen(network, weights, tracker);
      frozen.hold();
      return frozen;
    }

    void hold() {
      weights.read();
      weights.hold(tracker);
    }

    StepGradients gradients() {
      network.setInput(X);
      network.setLabels(Y);
      network.computeGradientAndScore();
      return new StepGradients(network);
    }

    /** Loss, summed over examples, with a parameter changed and the weights following it. */
    double loss(String key, int index, double change) {
      INDArray parameter = network.getLayer(0).getParam(key);
      double value = parameter.getDouble(index);
      parameter.putScalar(index, value + change);
      hold();
      double loss = network.score(new DataSet(X, Y), true) * EXAMPLES;
      parameter.putScalar(index, value);
      hold();
      return loss;
    }
  }

  @ParameterizedTest
  @CsvSource({"PER_TENSOR, NONE", "PER_CHANNEL, NONE", "PER_CHANNEL, REAL"})
  void stepsAndOffsetsGetTheDerivativeOfFixedCodes(Granularity granularity, OffsetMode offset) {
    MultiLayerNetwork network = network(quantization(granularity, offset));
    Frozen frozen = Frozen.of(network);
    StepGradients gradients = frozen.gradients();
    new FrozenGradients(frozen.weights, frozen.tracker).move(gradients);

    QuantizedLayer layer = frozen.weights.layer();
    assertEquals(0, gradients.of(layer, "W").amaxNumber().doubleValue());
    long perStep = granularity == Granularity.PER_TENSOR ? FEATURES * CLASSES : FEATURES;
    double scale = 1 / Math.sqrt(perStep * 3.0);
    List<String> keys = offset == OffsetMode.NONE ? List.of("sW") : List.of("sW", "zW");
    for (String key : keys) {
      INDArray gradient = gradients.of(layer, key).dup();
      for (int i = 0; i < gradient.length(); i++) {
        double h = 1e-3;
        double expected = (frozen.loss(key, i, h) - frozen.loss(key, i, -h)) / (2 * h);
        assertTrue(Math.abs(expected) > 0.01, "something to see: " + expected);
        assertEquals(scale * expected, gradient.getDouble(i), 2e-5 * Math.max(1, scale), key);
      }
    }
  }

  @Test
  void fixedStepsStayFixed() {
    LayerQuantization quantization =
        quantization(Granularity.PER_TENSOR, OffsetMode.NONE).withStepUpdater(new NoOp());
    Frozen frozen = Frozen.of(network(quantization));
    StepGradients gradients = frozen.gradients();
    new FrozenGradients(frozen.weights, frozen.tracker).move(gradients);

    assertEquals(0, gradients.of(frozen.weights.layer(), "sW").getDouble(0));
    assertEquals(0, gradients.of(frozen.weights.layer(), "W").amaxNumber().doubleValue());
  }
}
