package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.dropout.GaussianNoise;
import org.deeplearning4j.nn.conf.dropout.IDropout;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Activation functions of layers, those of the engine and others, train as in DL4J's layers; also
 * where the layer behind writes its noise over what they computed.
 */
class LayerActivationTest {

  private record Case(
      DataType type, WorkspaceMode workspaces, Activation function, IDropout noise) {}

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
      for (WorkspaceMode workspaces :
          new WorkspaceMode[] {WorkspaceMode.ENABLED, WorkspaceMode.NONE}) {
        for (Activation function :
            new Activation[] {Activation.RELU, Activation.SWISH, Activation.ELU}) {
          for (IDropout noise : new IDropout[] {new Dropout(0.6), new GaussianNoise(0.7)}) {
            cases.add(new Case(type, workspaces, function, noise));
          }
        }
      }
    }
    return cases.stream();
  }

  private static Layer[] stock(Activation function, IDropout noise) {
    return new Layer[] {
      new ConvolutionLayer.Builder(3, 3).nOut(4).activation(function).build(),
      new DropoutLayer(noise.clone()),
      new ConvolutionLayer.Builder(2, 2).nOut(3).activation(function).build(),
      new DenseLayer.Builder().nOut(6).activation(function).build(),
      new DropoutLayer(noise.clone()),
      new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build()
    };
  }

  private static Layer[] ours(Activation function, IDropout noise) {
    return new Layer[] {
      new QuantizedConvolution2D.Builder(3, 3).nOut(4).activation(function).build(),
      new DropoutLayer(noise.clone()),
      new QuantizedConvolution2D.Builder(2, 2).nOut(3).activation(function).build(),
      new QuantizedDense.Builder().nOut(6).activation(function).build(),
      new DropoutLayer(noise.clone()),
      new QuantizedOutput.Builder().nOut(TestNetworks.CLASSES).build()
    };
  }

  private static MultiLayerNetwork network(Case test, Layer... layers) {
    MultiLayerNetwork network =
        TestNetworks.chain(test.type, new Sgd(0.1), TestNetworks.IMAGES, layers);
    network.getLayerWiseConfigurations().setTrainingWorkspaceMode(test.workspaces);
    network.getLayerWiseConfigurations().setInferenceWorkspaceMode(test.workspaces);
    return network;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void trainLikeThoseOfStockLayers(Case test) {
    MultiLayerNetwork expected = network(test, stock(test.function, test.noise));
    MultiLayerNetwork actual = network(test, ours(test.function, test.noise));
    expected.paramTable().forEach((key, value) -> actual.setParam(key, value));
    INDArray before = actual.params().dup();
    double tolerance = test.type == DataType.DOUBLE ? 1e-9 : 1e-4;
    for (int step = 0; step < 3; step++) {
      for (MultiLayerNetwork network : List.of(expected, actual)) {
        // ND4J takes 0 for a seed of its own choice.
        Nd4j.getRandom().setSeed(step + 5);
        network.fit(
            new DataSet(
                TestNetworks.images(test.type, 4 + step, step),
                TestNetworks.labels(test.type, 4 + step)));
      }
      assertEquals(expected.score(), actual.score(), tolerance);
      INDArray x = TestNetworks.images(test.type, 3, 9);
      assertTrue(expected.output(x).equalsWithEps(actual.output(x), tolerance), "outputs");
    }
    expected
        .paramTable()
        .forEach(
            (key, value) ->
                assertTrue(
                    value.equalsWithEps(actual.getParam(key), tolerance), "parameter " + key));
    assertTrue(before.distance2(actual.params()) > 0.01, "they learned");
  }
}
