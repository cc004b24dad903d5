package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;

/** What is stable, and what is copied, when a network is made fast. */
class FastNetworkTest {

  private static final int CLASSES = 3;

  /** Far beyond where ND4J's gradients become NaN. */
  private static final double LARGE = 500;

  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      names = {"SWISH", "GELU", "MISH"})
  void gradientsOfLargeValuesAreFinite(Activation function) {
    DataSet large = data();
    large.getFeatures().muli(LARGE);
    MultiLayerNetwork source = chain(function);
    NeuralNetwork fast = FastNetwork.copyOf(source);
    assertEquals(source.output(data().getFeatures()), Networks.output(fast, data().getFeatures()));

    source.fit(large);
    assertTrue(source.params().isNaN().any(), "DL4J's own gradient is NaN");
    fast.fit(large);
    INDArray trained = ((MultiLayerNetwork) fast).params();
    assertFalse(trained.isNaN().any(), trained::toString);
    assertFalse(trained.isInfinite().any(), trained::toString);
  }

  @Test
  void aFastNetworkIsTakenAsItIsOrCopied() {
    NeuralNetwork fast = FastNetwork.of(chain(Activation.SWISH));
    assertSame(fast, FastNetwork.of(fast));
    NeuralNetwork copy = FastNetwork.copyOf(fast);
    assertNotSame(fast, copy);
    INDArray before = Networks.output(fast, data().getFeatures());
    assertEquals(before, Networks.output(copy, data().getFeatures()));
    fast.fit(data());
    assertNotEquals(before, Networks.output(fast, data().getFeatures()));
    assertEquals(before, Networks.output(copy, data().getFeatures()));
  }

  /** One function in a dense layer and in a layer of its own. */
  private static MultiLayerNetwork chain(Activation function) {
    return TestNetworks.chain(
        InputType.feedForward(5),
        new DenseLayer.Builder().nOut(6).activation(function).updater(new Sgd(1e-3)).build(),
        new DenseLayer.Builder().nOut(6).activation(Activation.IDENTITY).build(),
        new ActivationLayer.Builder().activation(function).build(),
        new OutputLayer.Builder().nOut(CLASSES).activation(Activation.SOFTMAX).build());
  }

  private static DataSet data() {
    INDArray labels = TestNetworks.normal(3, 8, CLASSES).assign(0);
    for (int i = 0; i < labels.size(0); i++) {
      labels.putScalar(i, i % CLASSES, 1);
    }
    return new DataSet(TestNetworks.normal(1, 8, 5), labels);
  }
}
