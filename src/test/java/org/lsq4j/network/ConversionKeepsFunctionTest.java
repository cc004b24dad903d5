package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.network.TestNetworks.bypassed;
import static org.lsq4j.network.TestNetworks.chain;
import static org.lsq4j.network.TestNetworks.linearOutput;
import static org.lsq4j.network.TestNetworks.normal;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.ReshapeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling1D;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPadding1DLayer;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping1D;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastAddVertex;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** With its quantizers bypassed a converted network computes what the float network computes. */
class ConversionKeepsFunctionTest {

  private static final int EXAMPLES = 4;
  private static final double TOLERANCE = 1e-5;
  private static final InputType IMAGE = InputType.convolutional(9, 8, 4);
  private static final InputType NHWC = InputType.convolutional(9, 8, 4, CNN2DFormat.NHWC);
  private static final InputType SEQUENCE = InputType.recurrent(3, 11);
  private static final InputType NWC = InputType.recurrent(3, 11, RNNFormat.NWC);

  private static final NetworkQuantizer QUANTIZER =
      new NetworkQuantizer(QuantizationPolicy.builder(4, 4).build());

  static Stream<ConvolutionLayer.Builder> convolutions() {
    return Stream.of(
        new ConvolutionLayer.Builder(3, 2).stride(2, 1).padding(1, 1),
        new ConvolutionLayer.Builder(2, 3).dilation(2, 2).convolutionMode(ConvolutionMode.Truncate),
        new ConvolutionLayer.Builder(3, 3).stride(2, 2).convolutionMode(ConvolutionMode.Same),
        new ConvolutionLayer.Builder(2, 4).dilation(2, 1).convolutionMode(ConvolutionMode.Same),
        new ConvolutionLayer.Builder(3, 3).hasBias(false).activation(tanh()));
  }

  @ParameterizedTest
  @MethodSource("convolutions")
  void convolutionsComputeTheSame(ConvolutionLayer.Builder builder) {
    Layer layer = builder.nOut(5).build();
    assertChainKeepsFunction(IMAGE, layer.clone(), linearOutput());
    assertChainKeepsFunction(NHWC, layer, linearOutput());
  }

  static Stream<Arguments> chains() {
    return Stream.of(
        arguments(
            "depthwise", IMAGE, new DepthwiseConvolution2D.Builder(3, 3).build(), linearOutput()),
        arguments("depthwise with multiplier", IMAGE, depthwiseTwice(), linearOutput()),
        arguments("depthwise with multiplier, NHWC", NHWC, depthwiseTwice(), linearOutput()),
        arguments(
            "batch norm of images",
            IMAGE,
            convolution(5),
            new BatchNormalization(),
            linearOutput()),
        arguments(
            "batch norm of NHWC images",
            NHWC,
            convolution(5),
            new BatchNormalization(),
            linearOutput()),
        arguments(
            "batch norm of vectors",
            InputType.feedForward(6),
            new DenseLayer.Builder().nOut(5).activation(tanh()).build(),
            new BatchNormalization.Builder().useLogStd(false).build(),
            linearOutput()),
        arguments(
            "batch norm with fixed gain",
            IMAGE,
            new BatchNormalization.Builder().lockGammaBeta(true).gamma(1.5).beta(-0.25).build(),
            convolution(5),
            linearOutput()),
        arguments(
            "pooling, padding, upsampling",
            IMAGE,
            new ZeroPaddingLayer(1, 2),
            convolution(4),
            pool(PoolingType.MAX),
            new Upsampling2D.Builder(2).build(),
            convolution(3),
            pool(PoolingType.AVG),
            linearOutput()),
        arguments(
            "pooling, NHWC",
            NHWC,
            convolution(4),
            pool(PoolingType.MAX),
            convolution(6),
            new GlobalPoolingLayer(PoolingType.AVG),
            linearOutput()),
        arguments(
            "dropout and activation layers",
            InputType.convolutionalFlat(9, 8, 4),
            new ConvolutionLayer.Builder(3, 3).nOut(4).dropOut(0.5).build(),
            new ActivationLayer(Activation.LEAKYRELU),
            new DropoutLayer(0.5),
            new DenseLayer.Builder().nOut(6).hasBias(false).activation(tanh()).build(),
            new OutputLayer.Builder(LossFunction.MSE)
                .nOut(3)
                .hasBias(false)
                .activation(Activation.SIGMOID)
                .build()),
        arguments(
            "layers left in float",
            InputType.feedForward(6),
            new DenseLayer.Builder().nOut(5).hasLayerNorm(true).activation(tanh()).build(),
            new FrozenLayer(new DenseLayer.Builder().nOut(5).activation(tanh()).build()),
            linearOutput()),
        arguments(
            "recurrent",
            SEQUENCE,
            new Convolution1DLayer.Builder(3).nOut(4).build(),
            new LastTimeStep(new LSTM.Builder().nOut(5).activation(tanh()).build()),
            linearOutput()),
        sequences(
            "1-D padding, cropping, pooling, upsampling",
            SEQUENCE,
            new Convolution1DLayer.Builder(3),
            new ZeroPadding1DLayer(1, 2),
            new Convolution1DLayer.Builder(2).nOut(4).activation(tanh()).build(),
            new Subsampling1DLayer.Builder(SubsamplingLayer.PoolingType.MAX, 2, 1).build(),
            new Upsampling1D.Builder(2).build(),
            new Cropping1D(1, 2),
            new Convolution1DLayer.Builder(2).nOut(3).hasBias(false).build()),
        sequences("1-D stride and padding", SEQUENCE, new Convolution1DLayer.Builder(3, 2, 1)),
        sequences(
            "1-D same",
            SEQUENCE,
            new Convolution1DLayer.Builder(4).convolutionMode(ConvolutionMode.Same)),
        sequences(
            "1-D causal",
            SEQUENCE,
            new Convolution1DLayer.Builder(2).dilation(2).convolutionMode(ConvolutionMode.Causal)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("chains")
  void chainsComputeTheSame(String name, InputType input, Layer[] layers) {
    assertChainKeepsFunction(input, layers);
  }

  /** Not trained before: DL4J's gradient of 1-D weights is wrong in NWC. */
  @Test
  void sequencesWithChannelsLastComputeTheSame() {
    MultiLayerNetwork source =
        chain(
            NWC,
            new Convolution1DLayer.Builder(3).nOut(4).rnnDataFormat(RNNFormat.NWC).build(),
            new RnnOutputLayer.Builder(LossFunction.MSE)
                .dataFormat(RNNFormat.NWC)
                .nOut(3)
                .activation(Activation.IDENTITY)
                .build());
    assertKeepsFunction(source, shape(NWC));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void randomChainsComputeTheSame(int seed) {
    Random random = new Random(seed);
    InputType input = seed % 2 == 0 ? IMAGE : NHWC;
    // First a convolution: DL4J's activation layers overwrite the network's own input.
    Layer[] layers = {
      randomConvolution(random), randomLayer(random), randomLayer(random), linearOutput()
    };
    assertChainKeepsFunction(input, layers);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void randomGraphsComputeTheSame(int seed) {
    Random random = new Random(seed);
    InputType input = seed % 2 == 0 ? IMAGE : NHWC;
    ComputationGraph source = residualGraph(input, random, randomOperation(random));
    INDArray x = normal(seed, shape(input));
    for (int step = 0; step < 3; step++) {
      source.fit(new DataSet(normal(step, shape(input)), normal(step + 9, EXAMPLES, 3)));
    }
    ComputationGraph converted = bypassed(QUANTIZER.quantize(source).network());
    assertSame(source.outputSingle(x), converted.outputSingle(x));
  }

  @ParameterizedTest
  @EnumSource(ElementWiseVertex.Op.class)
  void sumsAndNothingElseAreReplaced(ElementWiseVertex.Op operation) {
    ComputationGraph source = residualGraph(IMAGE, new Random(1), operation);
    source.fit(new DataSet(normal(1, shape(IMAGE)), normal(9, EXAMPLES, 3)));
    ComputationGraph converted = bypassed(QUANTIZER.quantize(source).network());
    INDArray x = normal(5, shape(IMAGE));
    assertSame(source.outputSingle(x), converted.outputSingle(x));
    assertEquals(ElementWiseVertex.class, addOf(source).getClass());
    if (operation == ElementWiseVertex.Op.Add) {
      assertEquals(new FastAddVertex(Rectifier.NONE), addOf(converted));
    } else {
      assertEquals(ElementWiseVertex.class, addOf(converted).getClass());
    }
  }

  private static GraphVertex addOf(ComputationGraph network) {
    return network.getConfiguration().getVertices().get("add");
  }

  /** DL4J's clone forgets the axis of a merge; ours does not. */
  @Test
  void mergesSurviveConversionCloneAndFile() throws IOException {
    GraphBuilder builder =
        TestNetworks.settings()
            .graphBuilder()
            .addInputs("in")
            .addLayer("conv", convolution(4), "in")
            .addVertex("merge", new MergeVertex(), "conv", "conv")
            .addLayer("mix", convolution(3), "merge")
            .addLayer("output", linearOutput(), "mix")
            .setOutputs("output")
            .setInputTypes(NHWC);
    ComputationGraph source = new ComputationGraph(builder.build());
    source.init();
    ComputationGraph converted = QUANTIZER.quantize(source).network();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ModelSerializer.writeModel(converted, file, true);
    ComputationGraph loaded =
        ModelSerializer.restoreComputationGraph(new ByteArrayInputStream(file.toByteArray()), true);
    INDArray x = normal(1, shape(NHWC));
    for (ComputationGraph network : List.of(converted, converted.clone(), loaded, loaded.clone())) {
      assertSame(source.outputSingle(x), bypassed(network).outputSingle(x));
    }
  }

  /** DL4J's clone of a configuration forgets it. */
  @Test
  void theOrderOfAReshapeSurvivesConversion() {
    GraphBuilder builder =
        TestNetworks.settings()
            .graphBuilder()
            .addInputs("in")
            .addLayer("dense", new DenseLayer.Builder().nOut(6).build(), "in")
            .addVertex("first", new ReshapeVertex('f', new int[] {-1, 2, 3}, null), "dense")
            .addVertex("second", new ReshapeVertex('c', new int[] {-1, 6}, null), "first")
            .addLayer("output", linearOutput(), "second")
            .setOutputs("output")
            .setInputTypes(InputType.feedForward(5));
    ComputationGraph source = new ComputationGraph(builder.build());
    source.init();
    INDArray x = normal(1, EXAMPLES, 5);
    ComputationGraph converted = bypassed(QUANTIZER.quantize(source).network());
    assertSame(source.outputSingle(x), converted.outputSingle(x));
  }

  @Test
  void graphsWithTwoInputsAndOutputsComputeTheSame() {
    GraphBuilder builder =
        TestNetworks.settings()
            .graphBuilder()
            .addInputs("image", "vector")
            .addLayer("conv", convolution(3), "image")
            .addLayer(
                "dense", new DenseLayer.Builder().nOut(4).activation(tanh()).build(), "vector")
            .addLayer("left", linearOutput(), "conv")
            .addLayer("pool", new GlobalPoolingLayer(PoolingType.MAX), "conv")
            .addLayer("right", linearOutput(), "pool", "dense")
            .setOutputs("left", "right")
            .setInputTypes(IMAGE, InputType.feedForward(5));
    ComputationGraph source = new ComputationGraph(builder.build());
    source.init();
    INDArray[] x = {normal(1, shape(IMAGE)), normal(2, EXAMPLES, 5)};
    ComputationGraph converted = bypassed(QUANTIZER.quantize(source).network());
    INDArray[] expected = source.output(x);
    INDArray[] actual = converted.output(x);
    assertSame(expected[0], actual[0]);
    assertSame(expected[1], actual[1]);
  }

  static IntStream seeds() {
    return IntStream.range(0, 5);
  }

  private static Layer randomLayer(Random random) {
    return switch (random.nextInt(4)) {
      case 0 ->
          new DepthwiseConvolution2D.Builder(1 + random.nextInt(2), 1 + random.nextInt(2))
              .depthMultiplier(1 + random.nextInt(2))
              .convolutionMode(randomMode(random))
              .build();
      case 1 -> new BatchNormalization.Builder().useLogStd(random.nextBoolean()).build();
      case 2 -> new ActivationLayer(random.nextBoolean() ? Activation.RELU : Activation.SWISH);
      default -> randomConvolution(random);
    };
  }

  private static Layer randomConvolution(Random random) {
    return new ConvolutionLayer.Builder(1 + random.nextInt(2), 1 + random.nextInt(2))
        .nOut(1 + random.nextInt(6))
        .stride(1 + random.nextInt(2), 1)
        .dilation(1, 1 + random.nextInt(2))
        .hasBias(random.nextBoolean())
        .convolutionMode(randomMode(random))
        .activation(random.nextBoolean() ? Activation.RELU : Activation.TANH)
        .build();
  }

  private static ConvolutionMode randomMode(Random random) {
    return random.nextBoolean() ? ConvolutionMode.Same : ConvolutionMode.Truncate;
  }

  /** Two branches, added to the input and merged with it. */
  private static ComputationGraph residualGraph(
      InputType input, Random random, ElementWiseVertex.Op operation) {
    GraphBuilder builder =
        TestNetworks.settings()
            .convolutionMode(ConvolutionMode.Same)
            .graphBuilder()
            .addInputs("in")
            .addLayer("stem", convolution(1 + random.nextInt(5)), "in")
            .addLayer("norm", new BatchNormalization(), "stem")
            .addLayer("left", convolution(4), "norm")
            .addLayer("right", depthwiseTwice(), "norm")
            .addLayer("fit", convolution(4), "right")
            .addVertex("add", new ElementWiseVertex(operation), "left", "fit")
            .addVertex("merge", new MergeVertex(), "add", "in")
            .addLayer("pool", pool(PoolingType.MAX), "merge")
            .addLayer("output", linearOutput(), "pool")
            .setOutputs("output")
            .setInputTypes(input);
    ComputationGraph network = new ComputationGraph(builder.build());
    network.init();
    return network;
  }

  private static ElementWiseVertex.Op randomOperation(Random random) {
    ElementWiseVertex.Op[] all = ElementWiseVertex.Op.values();
    return all[random.nextInt(all.length)];
  }

  private static void assertChainKeepsFunction(InputType input, Layer... layers) {
    assertKeepsFunction(trained(chain(input, layers), shape(input)), shape(input));
  }

  private static void assertKeepsFunction(MultiLayerNetwork source, long[] shape) {
    MultiLayerNetwork converted = bypassed(QUANTIZER.quantize(source).network());
    assertSame(source.output(normal(5, shape)), converted.output(normal(5, shape)));
  }

  /** A few steps, so that biases and running statistics are not what they started as. */
  private static MultiLayerNetwork trained(MultiLayerNetwork network, long[] shape) {
    for (int step = 0; step < 3; step++) {
      network.fit(normal(step, shape), normal(step + 9, EXAMPLES, TestNetworks.OUTPUTS));
    }
    return network;
  }

  private static long[] shape(InputType input) {
    return input.getType() == InputType.Type.CNNFlat
        ? new long[] {EXAMPLES, input.arrayElementsPerExample()}
        : LongStream.concat(LongStream.of(EXAMPLES), LongStream.of(input.getShape())).toArray();
  }

  private static void assertSame(INDArray expected, INDArray actual) {
    assertEquals(Arrays.toString(expected.shape()), Arrays.toString(actual.shape()));
    double scale = Math.max(1, expected.amaxNumber().doubleValue());
    double difference = expected.sub(actual).amaxNumber().doubleValue();
    assertTrue(difference <= TOLERANCE * scale, () -> "outputs differ by " + difference);
    assertTrue(expected.stdNumber().doubleValue() > 1e-3, "the outputs tell nothing");
  }

  private static Arguments sequences(
      String name, InputType input, Convolution1DLayer.Builder builder, Layer... behind) {
    List<Layer> layers = new ArrayList<>();
    layers.add(builder.nOut(4).activation(tanh()).build());
    layers.addAll(List.of(behind));
    layers.add(new GlobalPoolingLayer(PoolingType.AVG));
    layers.add(linearOutput());
    return arguments(name, input, layers.toArray(Layer[]::new));
  }

  private static Arguments arguments(String name, InputType input, Layer... layers) {
    return Arguments.of(name, input, layers);
  }

  private static Layer convolution(int channels) {
    return new ConvolutionLayer.Builder(3, 3).nOut(channels).activation(Activation.RELU).build();
  }

  private static Layer depthwiseTwice() {
    return new DepthwiseConvolution2D.Builder(3, 2).depthMultiplier(2).build();
  }

  private static Layer pool(PoolingType type) {
    return new SubsamplingLayer.Builder(type).kernelSize(2, 2).stride(2, 2).build();
  }

  private static Activation tanh() {
    return Activation.TANH;
  }
}
