package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.network.InputValues.SIGNED;
import static org.lsq4j.network.InputValues.SKEWED;
import static org.lsq4j.network.InputValues.UNSIGNED;
import static org.lsq4j.network.TestNetworks.chain;

import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.dropout.AlphaDropout;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.dropout.GaussianDropout;
import org.deeplearning4j.nn.conf.dropout.GaussianNoise;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.ShiftVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastAddVertex;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.OffsetMode;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationHardSigmoid;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What can reach a layer follows from the topology, and the reason is told. */
class SignDecisionsTest {

  private static final InputType IMAGE = InputType.convolutional(8, 8, 2);

  @ParameterizedTest
  @CsvSource({
    "RELU, UNSIGNED",
    "RELU6, UNSIGNED",
    "SIGMOID, UNSIGNED",
    "HARDSIGMOID, UNSIGNED",
    "SOFTMAX, UNSIGNED",
    "SOFTPLUS, UNSIGNED",
    "LEAKYRELU, SKEWED",
    "TANH, SIGNED",
    "HARDTANH, SIGNED",
    "SOFTSIGN, SIGNED",
    "CUBE, SIGNED",
    "SWISH, SKEWED",
    "GELU, SKEWED",
    "MISH, SKEWED",
    "ELU, SKEWED",
    "SELU, SKEWED",
    "IDENTITY, SIGNED"
  })
  void activationsDecide(Activation activation, InputValues expected) {
    LayerDecision inside = output(convolution(activation));
    assertDecision(expected, "after " + activation.getActivationFunction() + " in conv", inside);
    if (activation != Activation.IDENTITY) {
      LayerDecision behind = output(convolution(Activation.IDENTITY), named(activation));
      assertDecision(expected, "after " + activation.getActivationFunction() + " in act", behind);
    }
  }

  @Test
  void reluWithSlopeOrNegativeThresholdIsSkewed() {
    assertDecision(
        SKEWED, "after relu in conv", output(convolution(new ActivationReLU(null, null, 0.1))));
    assertDecision(
        SKEWED, "after relu in conv", output(convolution(new ActivationReLU(null, -0.5, null))));
    assertDecision(
        UNSIGNED, "after relu in conv", output(convolution(new ActivationReLU(6.0, 0.5, 0.0))));
  }

  /** Known by what it computes, not by its class. */
  @Test
  void aUsersOwnActivationIsTried() {
    assertDecision(SKEWED, "after HardSwish in conv", output(convolution(new HardSwish())));
  }

  private static final class HardSwish extends ActivationHardSigmoid {
    private static final long serialVersionUID = 1L;

    @Override
    public INDArray getActivation(INDArray in, boolean training) {
      return in.muli(super.getActivation(in.dup(), training));
    }

    @Override
    public String toString() {
      return "HardSwish";
    }
  }

  @Test
  void parametricReluIsSkewed() {
    PReLULayer layer = new PReLULayer.Builder().name("prelu").inputShape(2, 8, 8).build();
    assertDecision(SKEWED, "after PReLU prelu", output(convolution(Activation.IDENTITY), layer));
  }

  static Stream<Layer> signKeepers() {
    return Stream.of(
        pool(PoolingType.MAX),
        pool(PoolingType.AVG),
        new ZeroPaddingLayer(1, 1),
        new Cropping2D(1, 1),
        new Upsampling2D.Builder(2).build(),
        new DropoutLayer(0.5),
        new ActivationLayer(Activation.IDENTITY),
        new GlobalPoolingLayer(PoolingType.MAX));
  }

  @ParameterizedTest
  @MethodSource("signKeepers")
  void layersThatKeepTheSignPassTheReasonOn(Layer layer) {
    LayerDecision afterRelu = output(convolution(Activation.RELU), layer.clone());
    assertDecision(UNSIGNED, "after relu in conv", afterRelu);
    LayerDecision afterTanh = output(convolution(Activation.TANH), layer.clone());
    assertDecision(SIGNED, "after tanh in conv", afterTanh);
    LayerDecision afterSwish = output(convolution(Activation.SWISH), layer);
    assertDecision(SKEWED, "after swish in conv", afterSwish);
  }

  @Test
  void batchNormIsSigned() {
    BatchNormalization norm = new BatchNormalization.Builder().name("norm").build();
    assertDecision(
        SIGNED, "after BatchNormalization norm", output(convolution(Activation.RELU), norm));
  }

  @Test
  void batchNormWithARectifierIsUnsigned() {
    assertDecision(
        UNSIGNED, "after relu in norm", output(convolution(Activation.TANH), norm(Rectifier.RELU)));
    assertDecision(
        SIGNED,
        "after FastBatchNormalization norm",
        output(convolution(Activation.RELU), norm(Rectifier.NONE)));
  }

  static Stream<Arguments> dropouts() {
    return Stream.of(
        Arguments.of(new Dropout(0.5), UNSIGNED, "after relu in conv"),
        Arguments.of(new GaussianNoise(0.1), SIGNED, "GaussianNoise in drop"),
        Arguments.of(new GaussianDropout(0.5), SIGNED, "GaussianDropout in drop"),
        Arguments.of(new AlphaDropout(0.5), SIGNED, "AlphaDropout in drop"));
  }

  @ParameterizedTest
  @MethodSource("dropouts")
  void noiseMakesSignedWhereverItIs(
      org.deeplearning4j.nn.conf.dropout.IDropout dropout, InputValues expected, String reason) {
    DropoutLayer layer = new DropoutLayer.Builder(dropout).name("drop").build();
    assertDecision(expected, reason, output(convolution(Activation.RELU), layer));
    ConvolutionLayer inside =
        new ConvolutionLayer.Builder(1, 1).nOut(2).name("drop").dropOut(dropout).build();
    MultiLayerNetwork network =
        chain(IMAGE, convolution(Activation.RELU), inside, TestNetworks.linearOutput());
    assertDecision(expected, reason, decision(network, "drop"));
  }

  @ParameterizedTest
  @EnumSource(CodeSign.class)
  void thePolicyDecidesForTheNetworkInput(CodeSign sign) {
    QuantizationPolicy policy = QuantizationPolicy.builder(4, 4).networkInput(sign).build();
    MultiLayerNetwork network =
        chain(
            IMAGE,
            pool(PoolingType.MAX),
            convolution(Activation.RELU),
            TestNetworks.linearOutput());
    LayerDecision first = new NetworkQuantizer(policy).quantize(network).decisions().get(1);
    assertDecision(InputValues.valueOf(sign.name()), "network input", first);
  }

  static Stream<Arguments> vertices() {
    return Stream.of(
        Arguments.of(add(), Activation.RELU, Activation.SIGMOID, UNSIGNED, "after relu in left"),
        Arguments.of(
            add(), Activation.RELU, Activation.IDENTITY, SIGNED, "after identity in right"),
        Arguments.of(
            new FastAddVertex(Rectifier.NONE),
            Activation.RELU,
            Activation.SIGMOID,
            UNSIGNED,
            "after relu in left"),
        Arguments.of(
            new FastAddVertex(Rectifier.NONE),
            Activation.RELU,
            Activation.IDENTITY,
            SIGNED,
            "after identity in right"),
        Arguments.of(
            new FastAddVertex(Rectifier.RELU),
            Activation.TANH,
            Activation.IDENTITY,
            UNSIGNED,
            "after relu in join"),
        Arguments.of(
            new ElementWiseVertex(ElementWiseVertex.Op.Subtract),
            Activation.RELU,
            Activation.RELU,
            SIGNED,
            "difference in join"),
        Arguments.of(
            new ElementWiseVertex(ElementWiseVertex.Op.Product),
            Activation.RELU,
            Activation.RELU,
            UNSIGNED,
            "after relu in left"),
        Arguments.of(
            new MergeVertex(), Activation.RELU, Activation.RELU, UNSIGNED, "after relu in left"),
        Arguments.of(
            new MergeVertex(), Activation.RELU, Activation.TANH, SIGNED, "after tanh in right"),
        Arguments.of(
            new MergeVertex(), Activation.RELU, Activation.SWISH, SKEWED, "after swish in right"),
        Arguments.of(add(), Activation.SWISH, Activation.RELU, SKEWED, "after swish in left"),
        Arguments.of(add(), Activation.SWISH, Activation.TANH, SIGNED, "after tanh in right"));
  }

  @ParameterizedTest
  @MethodSource("vertices")
  void joinsAreWhatTheirLeastRestrictedInputIs(
      GraphVertex vertex, Activation left, Activation right, InputValues expected, String reason) {
    GraphBuilder builder =
        TestNetworks.settings()
            .graphBuilder()
            .addInputs("in")
            .addLayer("left", convolution(left), "in")
            .addLayer("right", convolution(right), "in")
            .addVertex("join", vertex, "left", "right");
    assertDecision(expected, reason, outputBehind("join", builder));
  }

  static Stream<Arguments> singleInputVertices() {
    return Stream.of(
        Arguments.of(new ScaleVertex(2), UNSIGNED, "after relu in conv"),
        Arguments.of(new ScaleVertex(-1), SIGNED, "after ScaleVertex vertex"),
        Arguments.of(new ShiftVertex(0.5), UNSIGNED, "after relu in conv"),
        Arguments.of(new ShiftVertex(-0.5), SIGNED, "after ShiftVertex vertex"),
        Arguments.of(
            new L2NormalizeVertex(new int[] {1}, 1e-8), SIGNED, "after L2NormalizeVertex vertex"));
  }

  @ParameterizedTest
  @MethodSource("singleInputVertices")
  void otherVerticesKeepTheSignOnlyIfKnownTo(
      GraphVertex vertex, InputValues expected, String reason) {
    GraphBuilder builder =
        TestNetworks.settings()
            .graphBuilder()
            .addInputs("in")
            .addLayer("conv", convolution(Activation.RELU), "in")
            .addVertex("vertex", vertex, "conv");
    assertDecision(expected, reason, outputBehind("vertex", builder));
  }

  /** The decision about an output layer behind the given layers. */
  private static LayerDecision output(Layer... before) {
    Layer[] layers =
        Stream.concat(Stream.of(before), Stream.of(TestNetworks.linearOutput()))
            .toArray(Layer[]::new);
    return decision(chain(IMAGE, layers), "output");
  }

  private static LayerDecision outputBehind(String name, GraphBuilder builder) {
    ComputationGraph network =
        new ComputationGraph(
            builder
                .addLayer("output", TestNetworks.linearOutput(), name)
                .setOutputs("output")
                .setInputTypes(IMAGE)
                .build());
    network.init();
    return quantizer().quantize(network).decisions().stream()
        .filter(decision -> decision.layer().equals("output"))
        .findFirst()
        .orElseThrow();
  }

  private static LayerDecision decision(MultiLayerNetwork network, String layer) {
    return quantizer().quantize(network).decisions().stream()
        .filter(decision -> decision.layer().equals(layer))
        .findFirst()
        .orElseThrow();
  }

  private static NetworkQuantizer quantizer() {
    return new NetworkQuantizer(
        QuantizationPolicy.builder(4, 4).inputOffset(OffsetMode.NONE).build());
  }

  private static void assertDecision(InputValues values, String reason, LayerDecision decision) {
    assertEquals(values.sign(), sign(decision));
    String sentence = Networks.words(values) + " input: " + reason;
    assertTrue(decision.reason().endsWith(sentence), decision.reason());
  }

  private static CodeSign sign(LayerDecision decision) {
    return decision.quantization().orElseThrow().inputs().sign();
  }

  private static FastBatchNormalization norm(Rectifier rectifier) {
    FastBatchNormalization layer = FastBatchNormalization.with(rectifier);
    layer.setLayerName("norm");
    return layer;
  }

  private static ConvolutionLayer convolution(Activation activation) {
    return convolution(activation.getActivationFunction());
  }

  private static ConvolutionLayer convolution(org.nd4j.linalg.activations.IActivation activation) {
    return new ConvolutionLayer.Builder(1, 1).name("conv").nOut(2).activation(activation).build();
  }

  private static ActivationLayer named(Activation activation) {
    return new ActivationLayer.Builder().name("act").activation(activation).build();
  }

  private static Layer pool(PoolingType type) {
    return new SubsamplingLayer.Builder(type).kernelSize(2, 2).stride(2, 2).build();
  }

  private static GraphVertex add() {
    return new ElementWiseVertex(ElementWiseVertex.Op.Add);
  }
}
