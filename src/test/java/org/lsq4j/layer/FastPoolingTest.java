package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.compute.Tensors.assertClose;
import static org.lsq4j.layer.TrainingComparison.assertTrainAlike;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.dropout.GaussianNoise;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer.PoolingType;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.PoolingKind;
import org.lsq4j.compute.Tensors;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;

/** The same as DL4J's pooling, in all of DL4J's ways to use memory. */
class FastPoolingTest {

  private static final IUpdater UPDATER = new Nesterovs(0.02, 0.9);
  private static final UnaryOperator<SubsamplingLayer> STOCK = layer -> layer;
  private static final UnaryOperator<SubsamplingLayer> OURS = FastPooling::of;

  private static SubsamplingLayer.Builder pooling(PoolingType type, int kernel, int stride) {
    return new SubsamplingLayer.Builder(type).kernelSize(kernel, kernel).stride(stride, stride);
  }

  private static SubsamplingLayer maxPool() {
    return pooling(PoolingType.MAX, 2, 2).name("pool").build();
  }

  private static ConvolutionLayer convolution(int kernel, int channels) {
    return new ConvolutionLayer.Builder(kernel, kernel)
        .nOut(channels)
        .activation(Activation.TANH)
        .build();
  }

  /** Poolings of all kinds at even and at odd places, which have different workspaces. */
  private static Layer[] layers(UnaryOperator<SubsamplingLayer> kind) {
    return new Layer[] {
      convolution(2, 4),
      kind.apply(pooling(PoolingType.MAX, 3, 1).padding(1, 1).build()),
      kind.apply(pooling(PoolingType.AVG, 2, 1).convolutionMode(ConvolutionMode.Same).build()),
      convolution(1, 5),
      kind.apply(pooling(PoolingType.MAX, 2, 2).convolutionMode(ConvolutionMode.Same).build()),
      kind.apply(
          pooling(PoolingType.AVG, 3, 2).padding(1, 1).avgPoolIncludePadInDivisor(true).build()),
      output(new GaussianNoise(0))
    };
  }

  /** With noise of no strength, which DL4J adds in place to the result of the pooling before. */
  private static OutputLayer output(GaussianNoise noise) {
    return new OutputLayer.Builder().nOut(TestNetworks.CLASSES).dropOut(noise).build();
  }

  private static MultiLayerNetwork chain(DataType type, Layer... layers) {
    return TestNetworks.chain(type, UPDATER, TestNetworks.IMAGES, layers);
  }

  @ParameterizedTest
  @MethodSource(TrainingComparison.MODES)
  void chainsTrainLikeStockLayers(DataType type, WorkspaceMode mode) {
    assertTrainAlike(
        TrainingComparison.with(mode, chain(type, layers(STOCK))),
        TrainingComparison.with(mode, chain(type, layers(OURS))),
        type);
  }

  @ParameterizedTest
  @MethodSource(TrainingComparison.MODES)
  void graphsTrainLikeStockLayers(DataType type, WorkspaceMode mode) {
    InputType images = TestNetworks.IMAGES;
    assertTrainAlike(
        TrainingComparison.with(mode, TestNetworks.graph(type, UPDATER, images, layers(STOCK))),
        TrainingComparison.with(mode, TestNetworks.graph(type, UPDATER, images, layers(OURS))),
        type);
  }

  @ParameterizedTest
  @EnumSource(
      value = PoolingType.class,
      names = {"MAX", "AVG"})
  void channelsLastTrainLikeStockLayers(PoolingType type) {
    InputType input = InputType.convolutional(8, 7, 2, CNN2DFormat.NHWC);
    SubsamplingLayer pooling = pooling(type, 3, 2).padding(1, 1).build();
    MultiLayerNetwork expected = channelsLast(input, pooling);
    MultiLayerNetwork actual = channelsLast(input, FastPooling.of(pooling));
    INDArray x = TestNetworks.images(DataType.FLOAT, 4, 1).permute(0, 2, 3, 1).dup('c');
    INDArray labels = TestNetworks.labels(DataType.FLOAT, 4);
    for (int step = 0; step < 3; step++) {
      expected.fit(x, labels);
      actual.fit(x, labels);
    }
    assertClose(expected.params(), actual.params(), 1e-5, "parameters");
    assertClose(expected.output(x), actual.output(x), 1e-5, "output");
  }

  private static MultiLayerNetwork channelsLast(InputType input, SubsamplingLayer pooling) {
    ConvolutionLayer convolution = convolution(2, 4);
    convolution.setCnn2dDataFormat(CNN2DFormat.NHWC);
    return TestNetworks.chain(
        DataType.FLOAT, UPDATER, input, convolution, pooling, output(new GaussianNoise(0)));
  }

  /** DL4J runs a frozen layer in inference mode, and passes gradients through it all the same. */
  @ParameterizedTest
  @MethodSource(TrainingComparison.MODES)
  void passesGradientsWhenFrozen(DataType type, WorkspaceMode mode) {
    MultiLayerNetwork free = chain(type, around(FastPooling.of(maxPool())));
    MultiLayerNetwork frozen =
        TrainingComparison.with(
            mode, chain(type, around(new FrozenLayerWithBackprop(FastPooling.of(maxPool())))));
    for (int step = 0; step < 3; step++) {
      INDArray x = TestNetworks.images(type, 4, step);
      frozen.fit(x, TestNetworks.labels(type, 4));
      free.fit(x, TestNetworks.labels(type, 4));
    }
    assertEquals(free.params(), frozen.params());
  }

  private static Layer[] around(Layer pooling) {
    return new Layer[] {
      convolution(3, 4), pooling, new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build()
    };
  }

  @Test
  void convertsFeaturesOfOtherTypes() {
    MultiLayerNetwork floats = chain(DataType.FLOAT, around(FastPooling.of(maxPool()))[1], last());
    MultiLayerNetwork integers = floats.clone();
    INDArray x = TestNetworks.images(DataType.FLOAT, 4, 5).muli(3).castTo(DataType.INT8);
    for (int step = 0; step < 2; step++) {
      floats.fit(x.castTo(DataType.FLOAT), TestNetworks.labels(DataType.FLOAT, 4));
      integers.fit(x, TestNetworks.labels(DataType.FLOAT, 4));
    }
    assertEquals(floats.params(), integers.params());
  }

  private static Layer last() {
    return new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build();
  }

  @Test
  void masksAreReducedAsByTheStockLayer() {
    INDArray mask = Nd4j.ones(DataType.FLOAT, 3, 1, 8, 1);
    mask.putScalar(new long[] {1, 0, 6, 0}, 0).putScalar(new long[] {1, 0, 7, 0}, 0);
    INDArray expected = reducedMask(chain(DataType.FLOAT, maxPool(), last()), mask);
    assertEquals(expected, reducedMask(chain(DataType.FLOAT, OURS.apply(maxPool()), last()), mask));
    assertEquals(11, expected.sumNumber().intValue(), "of 12, one is behind the end");
  }

  private static INDArray reducedMask(MultiLayerNetwork network, INDArray mask) {
    return network
        .getLayer(0)
        .feedForwardMaskArray(mask, MaskState.Active, Math.toIntExact(mask.size(0)))
        .getFirst();
  }

  @Test
  void saysWhatItCannotPool() {
    MultiLayerNetwork network = chain(DataType.FLOAT, OURS.apply(maxPool()), last());
    assertMessage(
        DL4JInvalidInputException.class,
        () -> network.output(Nd4j.ones(DataType.FLOAT, 2, 5)),
        "Layer pool pools images",
        "[2, 5]");
    assertMessage(
        DL4JInvalidInputException.class,
        () -> network.output(Nd4j.ones(DataType.FLOAT, 2, 2, 1, 5)),
        "Layer pool: nothing is left",
        "[2, 2, 1, 5]");
  }

  private static void assertMessage(
      Class<? extends Exception> type, Runnable action, String... parts) {
    String message = assertThrows(type, action::run).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  static Stream<SubsamplingLayer> others() {
    return Stream.of(
        pooling(PoolingType.PNORM, 2, 2).pnorm(2).build(),
        pooling(PoolingType.MAX, 2, 2).dilation(2, 1).build(),
        pooling(PoolingType.AVG, 2, 2).padding(0, 2).build(),
        causal());
  }

  /** DL4J's builder refuses it, a file may have it. */
  private static SubsamplingLayer causal() {
    SubsamplingLayer layer = maxPool();
    layer.setConvolutionMode(ConvolutionMode.Causal);
    return layer;
  }

  @ParameterizedTest
  @MethodSource("others")
  void leavesOthersToTheStockLayer(SubsamplingLayer other) {
    assertEquals(false, FastPooling.computes(other));
    assertMessage(
        IllegalArgumentException.class, () -> FastPooling.of(other), "use SubsamplingLayer");
    FastPooling changed = FastPooling.of(maxPool());
    changed.setPoolingType(other.getPoolingType());
    changed.setDilation(other.getDilation());
    changed.setPadding(other.getPadding());
    changed.setConvolutionMode(other.getConvolutionMode());
    assertMessage(
        IllegalArgumentException.class,
        () -> chain(DataType.FLOAT, changed, last()),
        "Layer pool",
        "use SubsamplingLayer");
  }

  @Test
  void kindsAreThoseOfTheSettings() {
    assertEquals(Optional.of(PoolingKind.MAXIMUM), FastPooling.kindOf(maxPool()));
    SubsamplingLayer average = pooling(PoolingType.AVG, 2, 2).build();
    assertEquals(Optional.of(PoolingKind.AVERAGE), FastPooling.kindOf(average));
    average.setAvgPoolIncludePadInDivisor(true);
    assertEquals(Optional.of(PoolingKind.AVERAGE_WITH_PADDING), FastPooling.kindOf(average));
    assertEquals(
        Optional.empty(), FastPooling.kindOf(pooling(PoolingType.PNORM, 2, 2).pnorm(1).build()));
  }

  private static SubsamplingLayer withEverySetting() {
    return new SubsamplingLayer.Builder(PoolingType.AVG)
        .name("pool")
        .kernelSize(3, 4)
        .stride(2, 1)
        .padding(1, 2)
        .convolutionMode(ConvolutionMode.Truncate)
        .dataFormat(CNN2DFormat.NHWC)
        .avgPoolIncludePadInDivisor(true)
        .cudnnAllowFallback(false)
        .dropOut(new Dropout(0.7))
        .pnorm(3)
        .eps(0.5)
        .build();
  }

  /** The stock layer compares all of its settings. */
  @Test
  void hasTheSettingsOfItsSource() {
    SubsamplingLayer source = withEverySetting();
    SubsamplingLayer back = new SubsamplingLayer();
    FastPooling fast = FastPooling.of(source);
    back.setLayerName(fast.getLayerName());
    back.setIDropout(fast.getIDropout());
    back.setConvolutionMode(fast.getConvolutionMode());
    back.setPoolingType(fast.getPoolingType());
    back.setKernelSize(fast.getKernelSize());
    back.setStride(fast.getStride());
    back.setPadding(fast.getPadding());
    back.setDilation(fast.getDilation());
    back.setPnorm(fast.getPnorm());
    back.setEps(fast.getEps());
    back.setCudnnAllowFallback(fast.isCudnnAllowFallback());
    back.setCnn2dDataFormat(fast.getCnn2dDataFormat());
    back.setDefaultValueOverridden(fast.isDefaultValueOverridden());
    back.setAvgPoolIncludePadInDivisor(fast.isAvgPoolIncludePadInDivisor());
    assertEquals(source, back);
    assertNotSame(source.getKernelSize(), fast.getKernelSize());
    assertNotEquals(source, fast);
    assertNotEquals(fast, source);
    assertNotEquals(fast, FastPooling.of(maxPool()));
  }

  @Test
  void survivesJsonAndClone() {
    MultiLayerConfiguration conf =
        chain(DataType.FLOAT, OURS.apply(maxPool()), last()).getLayerWiseConfigurations();
    Layer layer = conf.getConf(0).getLayer();
    Layer read = MultiLayerConfiguration.fromJson(conf.toJson()).getConf(0).getLayer();
    // DL4J does not write whether the input type has set the format.
    assertInstanceOf(FastPooling.class, read).setDefaultValueOverridden(true);
    for (Layer copy : List.of(read, layer.clone())) {
      assertInstanceOf(FastPooling.class, copy);
      assertNotSame(layer, copy);
      assertEquals(layer, copy);
      assertEquals(layer.hashCode(), copy.hashCode());
      assertEquals(layer.toString(), copy.toString());
    }
  }

  @Test
  void survivesZip() throws IOException {
    MultiLayerNetwork network = chain(DataType.FLOAT, layers(OURS));
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ModelSerializer.writeModel(network, file, true);
    MultiLayerNetwork read =
        ModelSerializer.restoreMultiLayerNetwork(
            new ByteArrayInputStream(file.toByteArray()), true);
    INDArray x = Tensors.gaussian(1, DataType.FLOAT, 3, 2, 8, 7);
    assertEquals(network.output(x), read.output(x));
    assertEquals(network.getLayerWiseConfigurations(), read.getLayerWiseConfigurations());
  }
}
