package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;

class ModelSizeTest {

  /** 7 x 5 weights and 5 biases, then 5 x 3 and 3. */
  private static MultiLayerNetwork network() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .list()
                .layer(new DenseLayer.Builder().name("dense").nOut(5).build())
                .layer(new OutputLayer.Builder().name("output").nOut(3).build())
                .setInputType(InputType.feedForward(7))
                .build());
    network.init();
    return network;
  }

  @Test
  void floatNetworkTakesFourBytesForEachParameter() {
    assertEquals(new ModelSize(4 * (40 + 18), 4 * (40 + 18)), ModelSize.of(network()));
  }

  @Test
  void weightsArePackedAndEverythingElseIsFloat() {
    QuantizationPolicy policy = QuantizationPolicy.builder(3, 4).edgeBits(3).build();
    MultiLayerNetwork quantized = new NetworkQuantizer(policy).quantize(network()).network();

    // 35 and 15 weights of 3 bits fill 14 and 6 bytes; 8 biases; 2 steps in each of 2 layers.
    assertEquals(new ModelSize(14 + 6 + 4 * (8 + 4), 4 * (40 + 18)), ModelSize.of(quantized));
  }
}
