package org.lsq4j.deploy.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.graph.PreprocessorVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.ZeroPadding1DLayer;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.deploy.Predictions;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.Convolution;
import org.lsq4j.deploy.graph.Operation.ScaleShift;
import org.lsq4j.layer.QuantizedConvolution1D;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.lsq4j.network.LayerException;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.TestNetworks;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.training.Calibration;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationELU;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.activations.impl.ActivationHardSigmoid;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationMish;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU6;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftPlus;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.activations.impl.ActivationSwish;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Single kinds of layers in small chains against DL4J's evaluation. */
class LayersTest {

  private static final int EXAMPLES = 30;
  private static final double ROUNDING = 2e-5;
  private static final InputType IMAGE = InputType.convolutional(6, 5, 2, CNN2DFormat.NHWC);

  private static QuantizationPolicy.Builder policy() {
    return QuantizationPolicy.builder(5, 6);
  }

  private static MultiLayerNetwork quantized(
      MultiLayerNetwork network, QuantizationPolicy policy, INDArray inputs) {
    MultiLayerNetwork quantized = new NetworkQuantizer(policy).quantize(network).network();
    calibrate(quantized, inputs);
    return quantized;
  }

  private static void calibrate(NeuralNetwork network, INDArray inputs) {
    DataSet batch = new DataSet(inputs, Nd4j.zeros(inputs.size(0), TestNetworks.OUTPUTS));
    Calibration.run(network, TestNetworks.batches(batch), 1);
  }

  private static INDArray images(InputType type) {
    InputType.InputTypeConvolutional size = (InputType.InputTypeConvolutional) type;
    return size.getFormat() == CNN2DFormat.NHWC
        ? TestNetworks.normal(3, EXAMPLES, size.getHeight(), size.getWidth(), size.getChannels())
        : TestNetworks.normal(3, EXAMPLES, size.getChannels(), size.getHeight(), size.getWidth());
  }

  private static QuantizedConvolution2D.Builder convolution() {
    return new QuantizedConvolution2D.Builder(3, 3).nOut(4);
  }

  /** Exports a chain of image layers and compares; gives the graph. */
  private static IntegerGraph compareImages(InputType type, Layer... layers) {
    return compareImages(policy(), type, layers);
  }

  private static IntegerGraph compareImages(
      QuantizationPolicy.Builder policy, InputType type, Layer... layers) {
    INDArray images = images(type);
    MultiLayerNetwork network = quantized(TestNetworks.chain(type, layers), policy.build(), images);
    CNN2DFormat format = ((InputType.InputTypeConvolutional) type).getFormat();
    IntegerGraph graph = GraphExporter.export(network, type, ModelInfo.UNKNOWN);
    compare(network.output(images), graph, Predictions.channelsLast(images, format));
    return graph;
  }

  private static void compare(INDArray expected, IntegerGraph graph, float[] inputs) {
    float[] actual = Predictions.of(graph, "auto", inputs);
    double scale = Math.max(1, expected.amaxNumber().doubleValue());
    int outputs = graph.outputShape().size();
    assertEquals(expected.length(), actual.length);
    for (int n = 0; n < EXAMPLES; n++) {
      for (int c = 0; c < outputs; c++) {
        assertEquals(
            expected.getDouble(n, c), actual[n * outputs + c], ROUNDING * scale, "example " + n);
      }
    }
  }

  private static long count(IntegerGraph graph, Class<? extends Operation> kind) {
    return graph.nodes().stream().filter(node -> kind.isInstance(node.operation())).count();
  }

  static Stream<IActivation> functions() {
    return Stream.of(
        new ActivationReLU(),
        new ActivationReLU(null, null, 0.2),
        new ActivationReLU6(),
        new ActivationLReLU(0.3),
        new ActivationELU(0.7),
        new ActivationSigmoid(),
        new ActivationHardSigmoid(),
        new ActivationTanH(),
        new ActivationSoftPlus(),
        new ActivationSwish(),
        new ActivationGELU(),
        new ActivationMish(),
        new ActivationSoftmax());
  }

  @ParameterizedTest
  @MethodSource("functions")
  void activationFunctionsAreDl4js(IActivation function) {
    compareImages(
        IMAGE,
        convolution().build(),
        new GlobalPoolingLayer.Builder(PoolingType.AVG).build(),
        new DenseLayer.Builder().nOut(8).activation(Activation.IDENTITY).build(),
        new ActivationLayer(function),
        TestNetworks.linearOutput());
    compareImages(
        IMAGE,
        convolution().build(),
        new DenseLayer.Builder().nOut(TestNetworks.OUTPUTS).build(),
        new LossLayer.Builder(LossFunction.MSE).activation(function).build());
  }

  @Test
  void functionsWithoutIntegerFormAreRefused() {
    String message =
        refusal(
            policy(),
            convolution().name("conv").activation(Activation.CUBE).build(),
            TestNetworks.linearOutput());
    assertTrue(message.contains("conv") && message.contains("cube"), message);
  }

  private static String refusal(QuantizationPolicy.Builder policy, Layer... layers) {
    MultiLayerNetwork network =
        quantized(TestNetworks.chain(IMAGE, layers), policy.build(), images(IMAGE));
    return assertThrows(
            UnsupportedNetworkException.class,
            () -> GraphExporter.export(network, IMAGE, ModelInfo.UNKNOWN))
        .getMessage();
  }

  @ParameterizedTest
  @EnumSource(CNN2DFormat.class)
  void flattenedImagesKeepTheirMeaning(CNN2DFormat format) {
    compareImages(
        InputType.convolutional(6, 5, 2, format),
        convolution().build(),
        new BatchNormalization(),
        new DropoutLayer(0.5),
        new DenseLayer.Builder().nOut(8).activation(Activation.RELU).build(),
        TestNetworks.linearOutput());
  }

  @Test
  void aNormBehindAVectorOfChannelsFirstImagesKeepsItsOrder() {
    InputType type = InputType.convolutional(6, 5, 2, CNN2DFormat.NCHW);
    IntegerGraph graph =
        compareImages(
            type,
            convolution().activation(Activation.RELU).build(),
            new DenseLayer.Builder().nOut(8).build(),
            new BatchNormalization(),
            new ActivationLayer(Activation.RELU),
            TestNetworks.linearOutput());
    assertEquals(0, count(graph, ScaleShift.class));
  }

  @Test
  void aNormBehindAnActivationStaysAnOperation() {
    IntegerGraph graph =
        compareImages(
            IMAGE,
            convolution().activation(Activation.RELU).build(),
            new BatchNormalization(),
            TestNetworks.linearOutput());
    assertEquals(1, count(graph, ScaleShift.class));
  }

  @Test
  void aFoldedNormLeavesTheWeightCodesAlone() {
    Layer[] layers = {
      convolution().activation(Activation.IDENTITY).build(), TestNetworks.linearOutput()
    };
    Layer[] withNorm = {
      convolution().activation(Activation.IDENTITY).build(),
      new BatchNormalization(),
      TestNetworks.linearOutput()
    };
    assertEquals(
        convolution(compareImages(IMAGE, layers)).weights(),
        convolution(compareImages(IMAGE, withNorm)).weights());
  }

  private static Convolution convolution(IntegerGraph graph) {
    return graph.nodes().stream()
        .map(node -> node.operation())
        .filter(Convolution.class::isInstance)
        .map(Convolution.class::cast)
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @EnumSource(
      value = PoolingType.class,
      names = {"MAX", "AVG"})
  void poolingsKnowWhatIsPadding(PoolingType type) {
    for (boolean included : List.of(true, false)) {
      compareImages(
          IMAGE,
          convolution().padding(2, 2).build(),
          new SubsamplingLayer.Builder(type)
              .kernelSize(3, 3)
              .stride(2, 2)
              .padding(1, 1)
              .avgPoolIncludePadInDivisor(included)
              .build(),
          TestNetworks.linearOutput());
    }
  }

  /** As Keras import makes them of a Flatten layer. */
  @ParameterizedTest
  @EnumSource(CNN2DFormat.class)
  void verticesThatFlatten(CNN2DFormat format) {
    InputType type = InputType.convolutional(6, 5, 2, format);
    INDArray images = images(type);
    ComputationGraph graph =
        new ComputationGraph(
            TestNetworks.settings()
                .graphBuilder()
                .addInputs("input")
                .setInputTypes(type)
                .addLayer(
                    "conv", convolution().convolutionMode(ConvolutionMode.Same).build(), "input")
                .addVertex(
                    "flatten",
                    new PreprocessorVertex(new CnnToFeedForwardPreProcessor(6, 5, 4, format)),
                    "conv")
                .addLayer("dense", new DenseLayer.Builder().nOut(7).build(), "flatten")
                .addLayer("out", TestNetworks.linearOutput(), "dense")
                .setOutputs("out")
                .build());
    graph.init();
    ComputationGraph network = new NetworkQuantizer(policy().build()).quantize(graph).network();
    calibrate(network, images);
    compare(
        network.outputSingle(images),
        GraphExporter.export(network, type, ModelInfo.UNKNOWN),
        Predictions.channelsLast(images, format));
  }

  @ParameterizedTest
  @EnumSource(RNNFormat.class)
  void sequences(RNNFormat format) {
    InputType type = InputType.recurrent(3, 12, format);
    INDArray inputs =
        format == RNNFormat.NCW
            ? TestNetworks.normal(8, EXAMPLES, 3, 12)
            : TestNetworks.normal(8, EXAMPLES, 12, 3);
    MultiLayerNetwork network =
        quantized(
            TestNetworks.chain(
                type,
                sequence(ConvolutionMode.Causal).dilation(2).build(),
                sequence(ConvolutionMode.Same).stride(2).build(),
                sequence(ConvolutionMode.Truncate).padding(1).build(),
                new GlobalPoolingLayer.Builder(PoolingType.MAX)
                    .poolingDimensions(format == RNNFormat.NCW ? 2 : 1)
                    .build(),
                TestNetworks.linearOutput()),
            policy().build(),
            inputs);
    IntegerGraph graph = GraphExporter.export(network, type, ModelInfo.UNKNOWN);
    INDArray channelsLast = format == RNNFormat.NCW ? inputs.permute(0, 2, 1) : inputs;
    compare(network.output(inputs), graph, channelsLast.dup('c').data().asFloat());
  }

  private static QuantizedConvolution1D.Builder sequence(ConvolutionMode mode) {
    return new QuantizedConvolution1D.Builder(3)
        .nOut(4)
        .convolutionMode(mode)
        .activation(Activation.RELU);
  }

  @Test
  void poolingAndPaddingOfSequences() {
    InputType type = InputType.recurrent(3, 12, RNNFormat.NCW);
    INDArray inputs = TestNetworks.normal(8, EXAMPLES, 3, 12);
    MultiLayerNetwork network =
        quantized(
            TestNetworks.chain(
                type,
                sequence(ConvolutionMode.Same).build(),
                new ZeroPadding1DLayer(1, 2),
                new Subsampling1DLayer.Builder(SubsamplingLayer.PoolingType.AVG, 2, 2).build(),
                new GlobalPoolingLayer.Builder(PoolingType.AVG).build(),
                TestNetworks.linearOutput()),
            policy().build(),
            inputs);
    IntegerGraph graph = GraphExporter.export(network, type, ModelInfo.UNKNOWN);
    compare(network.output(inputs), graph, inputs.permute(0, 2, 1).dup('c').data().asFloat());
  }

  @ParameterizedTest
  @EnumSource(OffsetMode.class)
  void offsetsAreKeptAsTheyAre(OffsetMode mode) {
    IntegerGraph graph =
        compareImages(
            policy().inputOffset(mode),
            IMAGE,
            convolution().padding(1, 1).activation(Activation.SWISH).build(),
            convolution().padding(1, 1).build(),
            TestNetworks.linearOutput());
    graph.nodes().stream()
        .filter(node -> node.operation() instanceof Operation.Quantize)
        .map(node -> ((Operation.Quantize) node.operation()).quantizer())
        .forEach(quantizer -> assertEquals(mode, quantizer.offset().mode()));
  }

  @Test
  void floatLayersAreRefusedWithACure() {
    String message =
        refusal(
            policy().exception("conv", LayerException.FLOAT),
            convolution().name("conv").build(),
            TestNetworks.linearOutput());
    assertTrue(message.contains("conv") && message.contains("with bits"), message);
  }

  @Test
  void unknownLayersAreRefused() {
    String message =
        refusal(
            policy(),
            convolution().build(),
            new LocalResponseNormalization.Builder().name("lrn").build(),
            TestNetworks.linearOutput());
    assertTrue(message.contains("lrn") && message.contains("LocalResponseNormalization"), message);
  }

  @Test
  void stepsThatWereNeverFoundAreRefused() {
    MultiLayerNetwork network =
        new NetworkQuantizer(policy().build())
            .quantize(
                TestNetworks.chain(
                    IMAGE, convolution().name("conv").build(), TestNetworks.linearOutput()))
            .network();
    String message =
        assertThrows(
                UnsupportedNetworkException.class,
                () -> GraphExporter.export(network, IMAGE, ModelInfo.UNKNOWN))
            .getMessage();
    assertTrue(message.contains("conv") && message.contains("calibrate"), message);
  }
}
