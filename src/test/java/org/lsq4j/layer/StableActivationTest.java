package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.compute.Tensors.assertClose;

import java.util.Arrays;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lsq4j.compute.Tensors;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationSwish;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;

/** The gradient of Swish is right for inputs of any size, the functions' values are ND4J's. */
class StableActivationTest {

  private static final double[] X = {
    -500, -44, -5, -0.5, 0, 0.5, 7, 19, 21, 27, 39, 41, 44, 50, 89, 500, 1e6
  };

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT", "DOUBLE"})
  void gradientOfSwishIsItsDefinition(DataType type) {
    double[] upstream = new double[X.length];
    Arrays.setAll(upstream, i -> i - 3);
    double[] expected = new double[X.length];
    Arrays.setAll(expected, i -> upstream[i] * derivative(X[i]));
    INDArray actual =
        StableActivation.swish()
            .backprop(Tensors.vector(type, X), Tensors.vector(type, upstream))
            .getFirst();
    assertClose(expected, actual, type == DataType.DOUBLE ? 1e-12 : 1e-5, "gradient");
  }

  private static double derivative(double x) {
    double sigmoid = 1 / (1 + Math.exp(-x));
    return sigmoid + x * sigmoid * (1 - sigmoid);
  }

  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      names = {"SWISH", "GELU", "MISH"})
  void valuesAreTheSameAndGradientsFinite(Activation kind) {
    IActivation function = kind.getActivationFunction();
    IActivation stable = StableActivation.of(function);
    assertInstanceOf(StableActivation.class, stable);
    assertEquals(function.toString(), stable.toString());
    INDArray x = Tensors.vector(DataType.FLOAT, X);
    INDArray ones = x.ulike().assign(1);
    assertEquals(function.getActivation(x.dup(), true), stable.getActivation(x.dup(), true));
    INDArray gradient = stable.backprop(x.dup(), ones).getFirst();
    assertFalse(gradient.isNaN().any(), gradient::toString);
    assertEquals(1, gradient.getDouble(X.length - 1), 1e-6);
    assertTrue(
        function.backprop(x.dup(), ones).getFirst().isNaN().any(),
        "ND4J's gradient is mended: this class can go");
  }

  @Test
  void otherFunctionsStayThemselves() {
    IActivation relu = new ActivationReLU();
    assertSame(relu, StableActivation.of(relu));
    assertSame(null, StableActivation.of(null));
    IActivation swish = StableActivation.swish();
    assertSame(swish, StableActivation.of(swish));
    assertNotEquals(swish, new ActivationSwish());
    assertEquals(swish, StableActivation.of(new ActivationSwish()));
    assertEquals(swish.hashCode(), StableActivation.swish().hashCode());
  }

  @Test
  void survivesJsonAndTrainsOnLargeInputs() {
    MultiLayerNetwork network =
        TestNetworks.chain(
            DataType.FLOAT,
            new Sgd(1e-4),
            InputType.feedForward(4),
            new QuantizedDense.Builder().nOut(4).activation(StableActivation.swish()).build(),
            new ActivationLayer(StableActivation.of(Activation.GELU.getActivationFunction())),
            new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build());
    MultiLayerConfiguration conf = network.getLayerWiseConfigurations();
    assertEquals(conf, MultiLayerConfiguration.fromJson(conf.toJson()));
    network.fit(
        Tensors.gaussian(1, DataType.FLOAT, 8, 4).muli(300),
        TestNetworks.labels(DataType.FLOAT, 8));
    assertFalse(network.params().isNaN().any());
  }
}
