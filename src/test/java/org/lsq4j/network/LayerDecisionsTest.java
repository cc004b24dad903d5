package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.network.TestNetworks.chain;
import static org.lsq4j.network.TestNetworks.linearOutput;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.network.LayerDecision.Outcome;
import org.lsq4j.quantizer.InitializerKind;
import org.lsq4j.quantizer.OffsetMode;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Every layer is listed once, with what it got and why. */
class LayerDecisionsTest {

  private static final InputType VECTOR = InputType.feedForward(5);

  @Test
  void firstAndLastLayerOfAChainGetEightBits() {
    QuantizedNetwork<MultiLayerNetwork> result =
        quantize(3, 2, chain(VECTOR, dense("a"), dense("b"), dense("c"), linearOutput()));
    assertEquals(List.of("8/8", "3/2", "3/2", "8/8"), bits(result));
    assertTrue(result.decisions().get(0).reason().startsWith("first layer, signed input"));
    assertTrue(result.decisions().get(1).reason().startsWith("signed input"));
    assertTrue(result.decisions().get(3).reason().startsWith("last layer, "));
  }

  @Test
  void theOnlyLayerIsFirst() {
    assertEquals(List.of("8/8"), bits(quantize(4, 4, chain(VECTOR, linearOutput()))));
  }

  @Test
  void layersBehindFloatLayersAreFirstAndLast() {
    MultiLayerNetwork network =
        chain(
            InputType.recurrent(3, 8),
            new LastTimeStep(new LSTM.Builder().nOut(4).activation(Activation.TANH).build()),
            dense("a"),
            dense("b"),
            dense("c"),
            new LossLayer.Builder(LossFunction.MSE).activation(Activation.IDENTITY).build());
    QuantizedNetwork<MultiLayerNetwork> result = quantize(4, 4, network);
    assertEquals(List.of("float", "8/8", "4/4", "8/8", "float"), bits(result));
  }

  @Test
  void everyEndOfABranchIsAnEdge() {
    ComputationGraph network =
        new ComputationGraph(
            TestNetworks.settings()
                .graphBuilder()
                .addInputs("x")
                .addLayer("firstLeft", dense("firstLeft"), "x")
                .addLayer("firstRight", dense("firstRight"), "x")
                .addLayer("middle", dense("middle"), "firstLeft")
                .addVertex(
                    "add", new ElementWiseVertex(ElementWiseVertex.Op.Add), "middle", "firstRight")
                .addLayer("behind", dense("behind"), "add")
                .addLayer("lastLeft", linearOutput(), "behind")
                .addLayer("lastRight", linearOutput(), "add")
                .setOutputs("lastLeft", "lastRight")
                .setInputTypes(VECTOR)
                .build());
    network.init();
    Map<String, LayerDecision> byName = byName(quantize(4, 4, network));
    assertEquals("8/8", bits(byName.get("firstLeft")));
    assertEquals("8/8", bits(byName.get("firstRight")));
    assertEquals("4/4", bits(byName.get("middle")));
    assertEquals("4/4", bits(byName.get("behind")));
    assertEquals("8/8", bits(byName.get("lastLeft")));
    assertEquals("8/8", bits(byName.get("lastRight")));
  }

  @Test
  void edgeBitsAreALowerLimit() {
    MultiLayerNetwork network = chain(VECTOR, dense("a"), dense("b"), linearOutput());
    QuantizationPolicy six = QuantizationPolicy.builder(4, 7).edgeBits(6).build();
    QuantizedNetwork<MultiLayerNetwork> result = new NetworkQuantizer(six).quantize(network);
    assertEquals(List.of("6/7", "4/7", "6/7"), bits(result));
  }

  @Test
  void everyLayerIsListedOnceWithItsReason() {
    Layer frozen = new FrozenLayer(dense("inner"));
    frozen.setLayerName("frozen");
    MultiLayerNetwork network =
        chain(
            InputType.convolutional(6, 6, 2),
            new ConvolutionLayer.Builder(3, 3).nOut(3).build(),
            new BatchNormalization(),
            new SubsamplingLayer.Builder(PoolingType.MAX).name("pool").build(),
            new SubsamplingLayer.Builder(PoolingType.PNORM).name("norms").pnorm(2).build(),
            new DenseLayer.Builder().name("normalized").nOut(4).hasLayerNorm(true).build(),
            frozen,
            linearOutput());
    QuantizedNetwork<MultiLayerNetwork> result = quantize(4, 4, network);
    List<LayerDecision> decisions = result.decisions();
    assertEquals(
        List.of("layer0", "layer1", "pool", "norms", "normalized", "frozen", "output"),
        decisions.stream().map(LayerDecision::layer).toList());
    assertEquals(
        List.of(
            Outcome.QUANTIZED,
            Outcome.REPLACED,
            Outcome.REPLACED,
            Outcome.FLOAT,
            Outcome.FLOAT,
            Outcome.FLOAT,
            Outcome.QUANTIZED),
        decisions.stream().map(LayerDecision::outcome).toList());
    assertEquals("ConvolutionLayer", decisions.get(0).type());
    assertEquals("computed by the engine", decisions.get(1).reason());
    assertEquals("computed by the engine", decisions.get(2).reason());
    assertEquals("it has no weights", decisions.get(3).reason());
    assertEquals("its layer normalization comes before the activation", decisions.get(4).reason());
    assertEquals("it is frozen", decisions.get(5).reason());
    for (int i = 0; i < decisions.size(); i++) {
      Layer layer = result.network().getLayer(i).conf().getLayer();
      boolean quantized = decisions.get(i).outcome() == Outcome.QUANTIZED;
      assertEquals(quantized, layer instanceof QuantizedLayerConfiguration);
    }
  }

  @Test
  void otherLayersWithWeightsSayThatTheyAreUnknown() {
    MultiLayerNetwork network =
        chain(
            InputType.recurrent(3, 8),
            new Convolution1DLayer.Builder(2).nOut(3).build(),
            new LSTM.Builder().name("lstm").nOut(4).activation(Activation.TANH).build(),
            new LastTimeStep(new LSTM.Builder().nOut(4).activation(Activation.TANH).build()),
            linearOutput());
    List<LayerDecision> decisions = quantize(4, 4, network).decisions();
    assertEquals("there is no quantized LastTimeStep of LSTM", decisions.get(2).reason());
    LayerDecision lstm = decisions.get(1);
    assertEquals("there is no quantized LSTM", lstm.reason());
    assertEquals("lstm (LSTM): float - there is no quantized LSTM", lstm.toString());
  }

  /** Each half has quantizers, and what is said about the whole goes for both. */
  @Test
  void separableConvolutionsBecomeTwoLayers() {
    MultiLayerNetwork network =
        chain(
            InputType.convolutional(6, 6, 2),
            new ConvolutionLayer.Builder(3, 3).nOut(3).build(),
            new SeparableConvolution2D.Builder(3, 3).name("sep").nOut(4).build(),
            new ConvolutionLayer.Builder(1, 1).nOut(2).build(),
            linearOutput());
    QuantizedNetwork<MultiLayerNetwork> result = quantize(4, 3, network);
    assertEquals(
        List.of("layer0", "sep-depthwise", "sep", "layer2", "output"),
        result.decisions().stream().map(LayerDecision::layer).toList());
    assertEquals(List.of("8/8", "4/3", "4/3", "4/3", "8/8"), bits(result));
    assertEquals(
        "signed input: after identity in layer0; depthwise half of sep",
        result.decisions().get(1).reason());

    QuantizationPolicy policy =
        QuantizationPolicy.builder(4, 3)
            .exception("sep", LayerException.bits(5, 6))
            .exception("sep-depthwise", LayerException.FLOAT)
            .build();
    QuantizedNetwork<MultiLayerNetwork> excepted = new NetworkQuantizer(policy).quantize(network);
    assertEquals(List.of("8/8", "float", "5/6", "4/3", "8/8"), bits(excepted));
    policy = QuantizationPolicy.builder(4, 3).exception("sep", LayerException.FLOAT).build();
    excepted = new NetworkQuantizer(policy).quantize(network);
    assertEquals(List.of("8/8", "float", "float", "4/3", "8/8"), bits(excepted));
  }

  @Test
  void theNameOfAHalfMustBeFree() {
    ComputationGraph network =
        new ComputationGraph(
            TestNetworks.settings()
                .graphBuilder()
                .addInputs("x")
                .addLayer("sep", new SeparableConvolution2D.Builder(2, 2).nOut(3).build(), "x")
                .addLayer(
                    "sep-depthwise", new ConvolutionLayer.Builder(2, 2).nOut(3).build(), "sep")
                .addLayer("output", linearOutput(), "sep-depthwise")
                .setOutputs("output")
                .setInputTypes(InputType.convolutional(6, 6, 2))
                .build());
    network.init();
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> quantize(4, 4, network));
    assertEquals(
        "Layer sep: its depthwise half is to be called sep-depthwise, but something else is;"
            + " rename that",
        error.getMessage());
  }

  /** In the chain behind the split, preprocessors must still stand before their layers. */
  @Test
  void otherLayersOfAChainKeepTheirPlaces() {
    MultiLayerNetwork network =
        chain(
            InputType.convolutionalFlat(6, 6, 2),
            new SeparableConvolution2D.Builder(3, 3).nOut(4).build(),
            new BatchNormalization(),
            dense("dense"),
            linearOutput());
    MultiLayerNetwork converted = quantize(4, 4, network).network();
    assertEquals(
        List.of("layer0-depthwise", "layer0", "layer1", "dense", "output"),
        Networks.layers(converted).stream().map(Networks::nameOf).toList());
    assertEquals(
        Set.of(0, 3), converted.getLayerWiseConfigurations().getInputPreProcessors().keySet());
  }

  @Test
  void transposedConvolutionsAreQuantized() {
    MultiLayerNetwork network =
        chain(
            InputType.convolutional(4, 4, 2),
            new ConvolutionLayer.Builder(2, 2).nOut(3).activation(Activation.RELU).build(),
            new Deconvolution2D.Builder(2, 2).name("up").nOut(3).stride(2, 2).build(),
            linearOutput());
    LayerDecision up = quantize(4, 4, network).decisions().get(1);
    assertEquals(
        "up (Deconvolution2D): weights 4 bit signed, per tensor; inputs 4 bit unsigned, per tensor"
            + " - unsigned input: after relu in layer0",
        up.toString());
  }

  @Test
  void namesMayBeAnythingButMustDiffer() {
    Layer input = dense("input");
    assertEquals(List.of("8/8", "8/8"), bits(quantize(4, 4, chain(VECTOR, input, linearOutput()))));
    MultiLayerNetwork twins = chain(VECTOR, dense("twin"), dense("twin"), linearOutput());
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> quantize(4, 4, twins));
    assertTrue(error.getMessage().contains("'twin'"), error.getMessage());
  }

  @Test
  void networksWithoutParametersAreRefused() {
    MultiLayerNetwork chain =
        new MultiLayerNetwork(chain(VECTOR, linearOutput()).getLayerWiseConfigurations());
    ComputationGraph graph =
        new ComputationGraph(
            chain(VECTOR, linearOutput()).toComputationGraph().getConfiguration().clone());
    for (NeuralNetwork network : List.of(chain, graph)) {
      IllegalArgumentException error =
          assertThrows(IllegalArgumentException.class, () -> quantizer(4, 4).quantize(network));
      assertEquals(
          "The network has no parameters yet: call init() before converting it",
          error.getMessage());
    }
  }

  @Test
  void initializersFollowBitsAndOffset() {
    MultiLayerNetwork network = chain(VECTOR, dense("a"), dense("b"), linearOutput());
    List<LayerDecision> lsq = quantize(4, 4, network).decisions();
    assertEquals(
        InitializerKind.MSE, lsq.get(0).quantization().orElseThrow().weights().initializer());
    assertEquals(
        InitializerKind.LSQ, lsq.get(1).quantization().orElseThrow().weights().initializer());
    QuantizationPolicy plus = QuantizationPolicy.builder(4, 4).inputOffset(OffsetMode.REAL).build();
    LayerDecision middle = new NetworkQuantizer(plus).quantize(network).decisions().get(1);
    assertEquals(
        InitializerKind.LSQ_PLUS, middle.quantization().orElseThrow().inputs().initializer());
    assertFalse(middle.quantization().orElseThrow().weights().learnsOffset());
  }

  private static QuantizedNetwork<MultiLayerNetwork> quantize(
      int weightBits, int inputBits, MultiLayerNetwork network) {
    return quantizer(weightBits, inputBits).quantize(network);
  }

  private static QuantizedNetwork<ComputationGraph> quantize(
      int weightBits, int inputBits, ComputationGraph network) {
    return quantizer(weightBits, inputBits).quantize(network);
  }

  private static NetworkQuantizer quantizer(int weightBits, int inputBits) {
    return new NetworkQuantizer(QuantizationPolicy.builder(weightBits, inputBits).build());
  }

  private static List<String> bits(QuantizedNetwork<?> result) {
    return result.decisions().stream().map(LayerDecisionsTest::bits).toList();
  }

  private static String bits(LayerDecision decision) {
    return decision
        .quantization()
        .map(q -> q.weights().bits() + "/" + q.inputs().bits())
        .orElse("float");
  }

  private static Map<String, LayerDecision> byName(QuantizedNetwork<?> result) {
    return result.decisions().stream()
        .collect(Collectors.toMap(LayerDecision::layer, Function.identity()));
  }

  private static DenseLayer dense(String name) {
    return new DenseLayer.Builder().name(name).nOut(5).activation(Activation.TANH).build();
  }
}
