package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lsq4j.compute.Tensors;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** The score of quantized layers has the penalties that DL4J's layers have. */
class RegularizationScoreTest {

  private static final double TOLERANCE = 1e-9;

  private static MultiLayerNetwork network(DataType type) {
    QuantizedConvolution2D convolution =
        new QuantizedConvolution2D.Builder(3, 3)
            .nOut(3)
            .activation(Activation.RELU)
            .l2(0.3)
            .l1Bias(0.7)
            .quantization(TestNetworks.FOUR_BITS)
            .build();
    QuantizedDense.Builder dense = new QuantizedDense.Builder().nOut(5);
    dense.l1(0.2).weightDecay(0.1);
    QuantizedOutput output =
        new QuantizedOutput.Builder().nOut(TestNetworks.CLASSES).l2(0.05).l2Bias(0.6).build();
    MultiLayerNetwork network =
        TestNetworks.chain(
            type, new Sgd(0.01), TestNetworks.IMAGES, convolution, dense.build(), output);
    network.setParams(Tensors.gaussian(3, type, 1, network.numParams()));
    return network;
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT", "DOUBLE"})
  void isTheSumOfThePenalties(DataType type) {
    MultiLayerNetwork network = network(type);
    double[] expected = {
      0.3 / 2 * squares(network.getParam("0_W")) + 0.7 * magnitudes(network.getParam("0_b")),
      0.2 * magnitudes(network.getParam("1_W")) + 0.1 / 2 * squares(network.getParam("1_W")),
      0.05 / 2 * squares(network.getParam("2_W")) + 0.6 / 2 * squares(network.getParam("2_b"))
    };
    for (int i = 0; i < expected.length; i++) {
      double actual = network.getLayer(i).calcRegularizationScore(false);
      assertEquals(expected[i], actual, 1e-6 * expected[i], "layer " + i);
      assertTrue(actual > 0);
    }
  }

  private static double squares(INDArray values) {
    return Arrays.stream(Tensors.values(values)).map(value -> value * value).sum();
  }

  private static double magnitudes(INDArray values) {
    return Arrays.stream(Tensors.values(values)).map(Math::abs).sum();
  }

  @Test
  void followsASchedule() {
    QuantizedDense dense = new QuantizedDense.Builder().nIn(3).nOut(2).build();
    dense.setRegularization(
        List.of(new L2Regularization(new ExponentialSchedule(ScheduleType.EPOCH, 0.5, 0.1))));
    MultiLayerNetwork network =
        TestNetworks.chain(
            DataType.DOUBLE,
            new Sgd(0.01),
            InputType.feedForward(3),
            dense,
            new QuantizedOutput.Builder().nOut(TestNetworks.CLASSES).build());
    network.setParam("0_W", network.getParam("0_W").dup().assign(1));
    Layer layer = network.getLayer(0);
    assertEquals(0.5 / 2 * 6, layer.calcRegularizationScore(false), TOLERANCE);
    layer.setEpochCount(2);
    assertEquals(0.005 / 2 * 6, layer.calcRegularizationScore(false), TOLERANCE);
    assertEquals(0, network.getLayer(1).calcRegularizationScore(false));
  }
}
