package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.network.TestNetworks.linearOutput;
import static org.lsq4j.network.TestNetworks.normal;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.layer.LayerQuantization;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.GradientScale;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.InitializerKind;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Layers that are treated differently, by name or pattern. */
class LayerExceptionsTest {

  private static final String[] NAMES = {"first", "block1.a", "block1.b", "block2.a", "last"};

  @ParameterizedTest
  @CsvSource({
    "block1.b, 8/8 4/4 2/3 4/4 8/8",
    "first, 2/3 4/4 4/4 4/4 8/8",
    "*, 2/3 2/3 2/3 2/3 2/3",
    "block1*, 8/8 2/3 2/3 4/4 8/8",
    "*.a, 8/8 2/3 4/4 2/3 8/8",
    "block?.a, 8/8 2/3 4/4 2/3 8/8",
    "????, 8/8 4/4 4/4 4/4 2/3"
  })
  void patternsChooseLayers(String pattern, String expected) {
    LayerException low = LayerException.bits(2, 3);
    assertEquals(expected, bits(policy().exception(pattern, low), NAMES));
  }

  @Test
  void onlyTheNumberGivenChanges() {
    LayerException weightsOnly = new LayerException(false, 2, null, QuantizerChoices.NONE);
    LayerException inputsOnly = new LayerException(null, null, 6, QuantizerChoices.NONE);
    QuantizationPolicy.Builder policy =
        policy().exception("block1.a", weightsOnly).exception("first", inputsOnly);
    assertEquals("8/6 2/4 4/4 4/4 8/8", bits(policy, NAMES));
  }

  @Test
  void theLastMatchCounts() {
    QuantizationPolicy.Builder policy =
        policy()
            .exception("block1.a", LayerException.bits(2, 2))
            .exception("block*", LayerException.bits(3, 3))
            .exception("block2.a", LayerException.FLOAT);
    assertEquals("8/8 3/3 3/3 float 8/8", bits(policy, NAMES));
    policy.exception("block1.a", LayerException.bits(5, 5));
    assertEquals("8/8 5/5 3/3 float 8/8", bits(policy, NAMES), "a pattern given again");
  }

  @Test
  void laterMatchesChangeOnlyWhatTheySay() {
    QuantizationPolicy.Builder policy =
        policy()
            .exception("block*", new LayerException(false, 2, null, QuantizerChoices.NONE))
            .exception("*.a", new LayerException(false, null, 6, QuantizerChoices.NONE))
            .exception("block2.a", LayerException.FLOAT)
            .exception("block2.?", LayerException.of(QuantizerChoices.NONE.withStepRate(0.5)));
    assertEquals("8/8 2/6 2/4 4/4 8/8", bits(policy, NAMES));
  }

  @Test
  void everyChoiceCanDiffer() {
    QuantizerChoices choices =
        new QuantizerChoices(
            Granularity.PER_CHANNEL,
            OffsetMode.REAL,
            OffsetChoice.INTEGER,
            CodesChoice.UNSIGNED,
            InitializerKind.MIN_MAX,
            GradientScale.WITHOUT_RANGE,
            0.25);
    QuantizationPolicy policy =
        policy().exception("block1.b", LayerException.bits(3, 2).with(choices)).build();
    List<LayerDecision> decisions = new NetworkQuantizer(policy).quantize(chain(NAMES)).decisions();
    LayerQuantization changed = decisions.get(2).quantization().orElseThrow();
    QuantizerSpec weights =
        QuantizerSpec.weights(3)
            .withGranularity(Granularity.PER_CHANNEL)
            .withInitializer(InitializerKind.MIN_MAX)
            .withOffset(OffsetMode.REAL)
            .withGradientScale(GradientScale.WITHOUT_RANGE);
    QuantizerSpec inputs =
        QuantizerSpec.activations(2, CodeSign.UNSIGNED)
            .withInitializer(InitializerKind.MIN_MAX)
            .withOffset(OffsetMode.INTEGER)
            .withGradientScale(GradientScale.WITHOUT_RANGE);
    assertEquals(LayerQuantization.of(weights, inputs).withStepRate(0.25), changed);
    assertTrue(decisions.get(2).reason().contains("exception"), decisions.get(2).reason());
    LayerQuantization other = decisions.get(1).quantization().orElseThrow();
    assertEquals(
        LayerQuantization.of(
            QuantizerSpec.weights(4), QuantizerSpec.activations(4, CodeSign.SIGNED)),
        other);
  }

  @Test
  void theNearestNameIsSuggested() {
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> bits(policy().exception("blok1.b", LayerException.bits(2, 2)), NAMES));
    assertTrue(error.getMessage().contains("did you mean 'block1.b'?"), error.getMessage());
  }

  @Test
  void aLayerThatCannotBeQuantizedSaysWhy() {
    MultiLayerNetwork network =
        TestNetworks.chain(
            InputType.feedForward(5),
            new BatchNormalization.Builder().name("norm").build(),
            linearOutput());
    QuantizationPolicy policy = policy().exception("norm", LayerException.bits(2, 2)).build();
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class, () -> new NetworkQuantizer(policy).quantize(network));
    assertTrue(
        error.getMessage().contains("'norm' cannot be quantized: batch norm stays float"),
        error.getMessage());
  }

  @Test
  void regexCharactersInNamesAreLiteral() {
    String[] names = {"a+b", "aab", "[x](y)|{z}$^", "\\Q.\\E", "ax", "\uD83D\uDE00!"};
    LayerException low = LayerException.bits(2, 2);
    assertEquals("2/2 4/4 4/4 4/4 4/4 8/8", bits(policy().exception("a+b", low), names));
    assertEquals("8/8 4/4 2/2 4/4 4/4 8/8", bits(policy().exception(names[2], low), names));
    assertEquals("8/8 4/4 4/4 2/2 4/4 8/8", bits(policy().exception(names[3], low), names));
    assertEquals("8/8 4/4 4/4 4/4 4/4 2/2", bits(policy().exception("?!", low), names));
    assertThrows(IllegalArgumentException.class, () -> bits(policy().exception("a.", low), names));
  }

  @Test
  void floatLayersKeepTheirFunctionAndSayWhy() {
    MultiLayerNetwork network = chain(NAMES);
    QuantizationPolicy policy = policy().exception("*", LayerException.FLOAT).build();
    QuantizedNetwork<MultiLayerNetwork> result = new NetworkQuantizer(policy).quantize(network);
    INDArray x = normal(1, 4, 5);
    assertEquals(network.output(x), result.network().output(x));
    result.decisions().forEach(decision -> assertEquals("excepted", decision.reason()));
  }

  @Test
  void aQuantizedLayerMayBecomeFloatAgain() {
    MultiLayerNetwork network = chain(NAMES);
    MultiLayerNetwork quantized =
        new NetworkQuantizer(policy().build()).quantize(network).network();
    QuantizationPolicy back = policy().exception("*", LayerException.FLOAT).build();
    MultiLayerNetwork again = new NetworkQuantizer(back).quantize(quantized).network();
    INDArray x = normal(1, 4, 5);
    assertTrue(network.output(x).equalsWithEps(again.output(x), 1e-5));
    assertEquals(network.numParams(), again.numParams());
  }

  /** Fewer bits need other steps: taking them over would keep calibration from finding them. */
  @Test
  void convertingAgainForgetsStepsOfOtherCodes() {
    MultiLayerNetwork network = chain(NAMES);
    MultiLayerNetwork eight =
        new NetworkQuantizer(QuantizationPolicy.builder(8, 8).build()).quantize(network).network();
    TestNetworks.quantizedLayers(eight).forEach(layer -> layer.getParam("sW").assign(0.01));
    MultiLayerNetwork four = new NetworkQuantizer(policy().build()).quantize(eight).network();
    List<Boolean> known =
        TestNetworks.quantizedLayers(four).stream()
            .map(layer -> layer.quantizers().isInitialized(QuantizerRole.WEIGHT))
            .toList();
    assertEquals(List.of(true, false, false, false, true), known, "the ends stay at 8 bits");
    assertEquals(network.getParam("1_W"), four.getParam("1_W"));
  }

  @Test
  void stepsAreKeptWhereTheQuantizerStaysOfTheSameKind() {
    QuantizationPolicy plus =
        policy().inputOffset(OffsetMode.REAL).gradientScale(GradientScale.PER_BATCH).build();
    MultiLayerNetwork source = new NetworkQuantizer(plus).quantize(chain(NAMES)).network();
    QuantizedLayer trained = TestNetworks.quantizedLayers(source).get(1);
    trained.getParam("sA").assign(0.3);
    trained.getParam("zA").assign(-0.2);
    QuantizationPolicy scaled = policy().inputOffset(OffsetMode.REAL).build();
    assertEquals(-0.2, offsetAfter(scaled, source), 1e-7);
    assertEquals(0, offsetAfter(policy().inputOffset(OffsetMode.INTEGER).build(), source));
    QuantizationPolicy minMax =
        policy().inputOffset(OffsetMode.REAL).initializer(InitializerKind.MIN_MAX).build();
    assertEquals(0, offsetAfter(minMax, source), "another first step is asked for");
  }

  private static double offsetAfter(QuantizationPolicy policy, MultiLayerNetwork source) {
    MultiLayerNetwork again = new NetworkQuantizer(policy).quantize(source).network();
    return TestNetworks.quantizedLayers(again).get(1).getParam("zA").getDouble(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"missing", "block3*", "First", "", "?"})
  void unknownNamesAreErrorsThatListTheNames(String pattern) {
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> bits(policy().exception(pattern, LayerException.FLOAT), NAMES));
    assertTrue(error.getMessage().contains("'" + pattern + "'"), error.getMessage());
    assertTrue(error.getMessage().endsWith(String.join(", ", NAMES)), error.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 9, -3})
  void impossibleBitsAreErrorsThatNameTheKey(int bits) {
    assertMessage("weight bits: " + bits, () -> QuantizationPolicy.builder(bits, 4));
    assertMessage("input bits: " + bits, () -> QuantizationPolicy.builder(4, bits));
    assertMessage("edge bits: " + bits, () -> policy().edgeBits(bits));
    assertMessage("weight bits: " + bits, () -> LayerException.bits(bits, 4));
    if (bits != 1) {
      assertMessage("input bits: " + bits, () -> LayerException.bits(4, bits));
    }
  }

  @Test
  void oneBitIsForUnsignedInputsOnly() {
    LayerException oneBit = LayerException.bits(4, 1);
    assertMessage(
        "Layer block1.a: bits: 1 signed",
        () -> bits(policy().exception("block1.a", oneBit), NAMES));
    QuantizationPolicy policy =
        policy().networkInput(CodeSign.UNSIGNED).exception("first", oneBit).build();
    LayerDecision first = new NetworkQuantizer(policy).quantize(chain(NAMES)).decisions().get(0);
    assertEquals(1, first.quantization().orElseThrow().inputs().range().highest());
  }

  @Test
  void aFloatLayerHasNoBits() {
    assertMessage(
        "A layer that stays float", () -> new LayerException(true, 4, null, QuantizerChoices.NONE));
  }

  private static void assertMessage(
      String start, org.junit.jupiter.api.function.Executable executable) {
    IllegalArgumentException error = assertThrows(IllegalArgumentException.class, executable);
    assertTrue(error.getMessage().startsWith(start), error.getMessage());
  }

  private static QuantizationPolicy.Builder policy() {
    return QuantizationPolicy.builder(4, 4);
  }

  private static String bits(QuantizationPolicy.Builder policy, String... names) {
    List<LayerDecision> decisions =
        new NetworkQuantizer(policy.build()).quantize(chain(names)).decisions();
    return decisions.stream()
        .map(
            decision ->
                decision
                    .quantization()
                    .map(q -> q.weights().bits() + "/" + q.inputs().bits())
                    .orElse("float"))
        .collect(Collectors.joining(" "));
  }

  /** A chain of dense layers, the last one an output layer. */
  private static MultiLayerNetwork chain(String... names) {
    Layer[] layers =
        Arrays.stream(names)
            .map(name -> new DenseLayer.Builder().name(name).nOut(5).activation(tanh()).build())
            .toArray(Layer[]::new);
    layers[layers.length - 1] = linearOutput();
    layers[layers.length - 1].setLayerName(names[names.length - 1]);
    return TestNetworks.chain(InputType.feedForward(5), layers);
  }

  private static Activation tanh() {
    return Activation.TANH;
  }
}
