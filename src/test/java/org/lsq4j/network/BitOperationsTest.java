package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

class BitOperationsTest {

  private static final int FLOAT = 32 * 32;

  private static MultiLayerNetwork network(NeuralNetConfiguration.ListBuilder layers) {
    MultiLayerNetwork network = new MultiLayerNetwork(layers.build());
    network.init();
    return network;
  }

  /** 7 x 5 weights, then 5 x 3. */
  private static MultiLayerNetwork dense() {
    return network(
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(new DenseLayer.Builder().name("dense").nOut(5).build())
            .layer(new OutputLayer.Builder().name("output").nOut(3).build())
            .setInputType(InputType.feedForward(7)));
  }

  @Test
  void denseLayersUseEveryWeightOnce() {
    assertEquals(
        new BitOperations(50, 50 * FLOAT, List.of()),
        BitOperations.of(dense(), Nd4j.ones(DataType.FLOAT, 4, 7)));
  }

  @Test
  void bitsOfBothOperandsCount() {
    QuantizationPolicy policy =
        QuantizationPolicy.builder(3, 4)
            .edgeBits(3)
            .exception("output", LayerException.FLOAT)
            .build();
    NeuralNetwork quantized = new NetworkQuantizer(policy).quantize(dense()).network();
    Networks.layers(quantized).stream()
        .flatMap(layer -> layer.paramTable().entrySet().stream())
        .filter(parameter -> QuantizedParamInitializer.isQuantizerParam(parameter.getKey()))
        .forEach(parameter -> parameter.getValue().assign(1));
    assertEquals(
        new BitOperations(50, 35 * 3 * 4 + 15 * FLOAT, List.of()),
        BitOperations.of(quantized, Nd4j.ones(DataType.FLOAT, 1, 7)));
  }

  /** 8 x 8 pixels; convolutions of stride 2 leave 4 x 4, the transposed one makes 8 x 8 again. */
  @Test
  void convolutionsUseEveryWeightAtEveryPixel() {
    MultiLayerNetwork network =
        network(
            new NeuralNetConfiguration.Builder()
                .convolutionMode(ConvolutionMode.Same)
                .list()
                .layer(new ConvolutionLayer.Builder(3, 3).stride(2, 2).nOut(6).build())
                .layer(new DepthwiseConvolution2D.Builder(3, 3).depthMultiplier(1).nOut(6).build())
                .layer(new Deconvolution2D.Builder(2, 2).stride(2, 2).nOut(5).build())
                .layer(new OutputLayer.Builder().nOut(3).build())
                .setInputType(InputType.convolutional(8, 8, 2)));
    long convolution = 16 * 3 * 3 * 2 * 6;
    long depthwise = 16 * 3 * 3 * 6;
    long transposed = 16 * 2 * 2 * 6 * 5;
    long output = 8 * 8 * 5 * 3;
    long all = convolution + depthwise + transposed + output;
    assertEquals(
        new BitOperations(all, all * FLOAT, List.of()),
        BitOperations.of(network, Nd4j.ones(DataType.FLOAT, 2, 2, 8, 8)));
  }

  @Test
  void resNet20IsAsItsPaperHasIt() {
    NeuralNetwork network =
        ReferenceNetwork.named("resnet20")
            .create(InputType.convolutional(32, 32, 3, CNN2DFormat.NHWC), 10, 1);
    long stage = 16 * 16 * 9 * 1024;
    long first = 3 * 16 * 9 * 1024;
    long shortcuts = 16 * 32 * 256 + 32 * 64 * 64;
    long expected = first + 6 * stage + 2 * (stage / 2 + 5 * stage) + shortcuts + 640;
    assertEquals(
        expected,
        BitOperations.of(network, Nd4j.ones(DataType.FLOAT, 1, 32, 32, 3)).multiplyAccumulates());
  }

  @Test
  void otherKindsAreNamed() {
    MultiLayerNetwork network =
        network(
            new NeuralNetConfiguration.Builder()
                .list()
                .layer(new LSTM.Builder().name("memory").nOut(4).build())
                .layer(new RnnOutputLayer.Builder().name("output").nOut(3).build())
                .setInputType(InputType.recurrent(2, 5)));
    BitOperations found = BitOperations.of(network, Nd4j.ones(DataType.FLOAT, 1, 2, 5));
    assertEquals(List.of("memory"), found.uncounted());
    assertEquals(4 * 3 * 5, found.multiplyAccumulates());
  }
}
