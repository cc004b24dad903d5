package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.network.TestNetworks.normal;

import java.util.List;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.lsq4j.layer.impl.QuantizationMode;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;

class LayerValuesTest {

  private static final INDArray BATCH = normal(3, 6, 2, 5, 5);
  private static final double PRECISION = 1e-5;

  private static MultiLayerNetwork floatNetwork() {
    return TestNetworks.chain(
        InputType.convolutional(5, 5, 2),
        new ConvolutionLayer.Builder(3, 3).name("conv").nOut(4).activation(Activation.RELU).build(),
        new DenseLayer.Builder().name("dense").nOut(3).activation(Activation.RELU).build(),
        TestNetworks.linearOutput());
  }

  private static double[] sorted(double[] values) {
    double[] sorted = values.clone();
    java.util.Arrays.sort(sorted);
    return sorted;
  }

  @Test
  void weightsAreThoseOfTheLayer() {
    MultiLayerNetwork network = floatNetwork();
    assertEquals(List.of("conv", "dense", "output"), LayerValues.names(network));
    assertArrayEquals(
        network.getLayer("dense").getParam("W").dup('c').data().asDouble(),
        LayerValues.weights(network, "dense"));
  }

  @Test
  void theFirstInputIsTheBatch() {
    assertArrayEquals(
        BATCH.dup('c').data().asDouble(),
        LayerValues.input(floatNetwork(), "conv", BATCH),
        PRECISION);
  }

  @Test
  void aGraphGivesTheInputsOfItsChain() {
    MultiLayerNetwork chain = floatNetwork();
    ComputationGraph graph = chain.toComputationGraph();
    for (String layer : LayerValues.names(graph)) {
      int index = LayerValues.names(graph).indexOf(layer);
      assertArrayEquals(
          LayerValues.input(chain, LayerValues.names(chain).get(index), BATCH),
          LayerValues.input(graph, layer, BATCH),
          PRECISION);
    }
  }

  @Test
  void aQuantizedNetworkGivesWhatItsQuantizersSee() {
    MultiLayerNetwork source = floatNetwork();
    MultiLayerNetwork quantized =
        new NetworkQuantizer(QuantizationPolicy.builder(4, 4).build()).quantize(source).network();
    // In float the two networks compute the same.
    for (var layer : Networks.layers(quantized)) {
      ((QuantizedLayer) layer).quantizers().setMode(QuantizationMode.BYPASS);
    }
    double[] expected = LayerValues.input(source, "dense", BATCH);
    double[] seen = LayerValues.input(quantized, "dense", BATCH);

    assertEquals(6 * 4 * 3 * 3, seen.length);
    assertTrue(sorted(seen)[0] == 0, "ReLU");
    // The order of the axes may differ.
    assertArrayEquals(sorted(expected), sorted(seen), PRECISION);
  }

  @Test
  void otherLayersAreRefused() {
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> LayerValues.weights(floatNetwork(), "pool"))
            .getMessage();
    assertTrue(message.contains("'pool'") && message.contains("conv, dense, output"), message);
  }
}
