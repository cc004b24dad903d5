package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.compute.Tensors.assertClose;

import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.Tensors;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;

/** The same as DL4J's batch normalization, except for its bugs. */
class FastBatchNormalizationTest {

  private static final int EXAMPLES = 6;
  private static final InputType NCHW = InputType.convolutional(4, 5, 3);
  private static final InputType NHWC = InputType.convolutional(4, 5, 3, CNN2DFormat.NHWC);
  private static final long[] IMAGES = {EXAMPLES, 3, 4, 5};
  private static final long[] IMAGES_LAST = {EXAMPLES, 4, 5, 3};
  private static final long[] MATRIX = {EXAMPLES, 7};

  static Stream<Arguments> settings() {
    InputType matrix = InputType.feedForward(7);
    return Stream.of(
        Arguments.of(NCHW, IMAGES, builder()),
        Arguments.of(NHWC, IMAGES_LAST, builder()),
        Arguments.of(matrix, MATRIX, builder()),
        Arguments.of(NCHW, IMAGES, builder().useLogStd(false)),
        Arguments.of(matrix, MATRIX, builder().useLogStd(false).decay(0.5)),
        Arguments.of(NCHW, IMAGES, builder().minibatch(false)),
        Arguments.of(NCHW, IMAGES, builder().dropOut(0.5)),
        Arguments.of(NCHW, IMAGES, builder().lockGammaBeta(true)),
        Arguments.of(matrix, MATRIX, builder().lockGammaBeta(true)),
        Arguments.of(NCHW, IMAGES, builder().lockGammaBeta(true).gamma(2).beta(0.5)),
        Arguments.of(matrix, MATRIX, builder().lockGammaBeta(true).gamma(2).beta(0.5)));
  }

  private static BatchNormalization.Builder builder() {
    return new BatchNormalization.Builder().eps(1e-3);
  }

  @ParameterizedTest
  @MethodSource("settings")
  void equalsStockLayer(InputType input, long[] shape, BatchNormalization.Builder settings) {
    BatchNormalization conf = settings.build();
    MultiLayerNetwork stock = network(conf, input);
    MultiLayerNetwork ours = network(FastBatchNormalization.of(conf), input);
    ours.setParams(stock.params());
    for (int step = 0; step < 4; step++) {
      INDArray x = Tensors.gaussian(step, DataType.FLOAT, shape).muli(2).addi(1);
      stock.fit(x, TestNetworks.labels(DataType.FLOAT, EXAMPLES));
      ours.fit(x, TestNetworks.labels(DataType.FLOAT, EXAMPLES));
      assertClose(stock.output(x), ours.output(x), 1e-4, "outputs after step " + step);
    }
    assertEquals(stock.paramTable().keySet(), ours.paramTable().keySet());
    stock.paramTable().forEach((key, value) -> assertClose(value, ours.getParam(key), 1e-4, key));
    INDArray mean = ours.getParam("0_mean");
    assertTrue(mean.amaxNumber().doubleValue() > 0.1, "statistics have moved");
  }

  /** DL4J ignores a fixed shift if the fixed scale is 1. */
  @Test
  void fixedShiftWithoutScaleIsApplied() {
    BatchNormalization plain = builder().lockGammaBeta(true).build();
    BatchNormalization shifted = builder().lockGammaBeta(true).gamma(1).beta(5).build();
    INDArray x = Tensors.gaussian(1, DataType.FLOAT, IMAGES);
    for (boolean training : new boolean[] {false, true}) {
      INDArray without = normalized(FastBatchNormalization.of(plain), x, training);
      INDArray with = normalized(FastBatchNormalization.of(shifted), x, training);
      assertClose(without.add(5), with, 1e-5, "training " + training);
    }
  }

  private static INDArray normalized(BatchNormalization layer, INDArray x, boolean training) {
    return network(layer, NCHW).feedForward(x, training).get(1);
  }

  static Stream<Boolean> logStd() {
    return Stream.of(true, false);
  }

  @ParameterizedTest
  @MethodSource("logStd")
  void constantChannelsStayFinite(boolean useLogStd) {
    BatchNormalization conf = builder().useLogStd(useLogStd).decay(0).build();
    MultiLayerNetwork network = network(FastBatchNormalization.of(conf), NCHW);
    INDArray x = Tensors.gaussian(1, DataType.FLOAT, IMAGES);
    x.slice(1, 1).assign(3);
    for (int step = 0; step < 3; step++) {
      network.fit(x, TestNetworks.labels(DataType.FLOAT, EXAMPLES));
    }
    assertTrue(Double.isFinite(network.params().sumNumber().doubleValue()), "parameters");
    assertTrue(Double.isFinite(network.output(x).sumNumber().doubleValue()), "output");
  }

  @Test
  void inferenceBetweenStepsChangesNothing() {
    MultiLayerNetwork network = network(new FastBatchNormalization(), NCHW);
    MultiLayerNetwork disturbed = network.clone();
    INDArray x = Tensors.gaussian(1, DataType.FLOAT, IMAGES);
    for (int step = 0; step < 2; step++) {
      network.fit(x, TestNetworks.labels(DataType.FLOAT, EXAMPLES));
      disturbed.fit(x, TestNetworks.labels(DataType.FLOAT, EXAMPLES));
      disturbed.output(Tensors.gaussian(2, DataType.FLOAT, 1, 3, 4, 5));
    }
    assertEquals(network.params(), disturbed.params());
  }

  /** A sequence is normalized over examples and time, as an image of width 1 is. */
  @Test
  void sequencesAreImagesOfWidthOne() {
    MultiLayerNetwork sequences =
        TestNetworks.chain(
            DataType.FLOAT,
            new Sgd(0.1),
            InputType.recurrent(3, 5),
            new FastBatchNormalization(),
            new GlobalPoolingLayer(),
            new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build());
    MultiLayerNetwork images =
        TestNetworks.chain(
            DataType.FLOAT,
            new Sgd(0.1),
            InputType.convolutional(5, 1, 3),
            new FastBatchNormalization(),
            new GlobalPoolingLayer(),
            new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build());
    images.setParams(sequences.params());
    INDArray x = Tensors.gaussian(1, DataType.FLOAT, EXAMPLES, 3, 5);
    INDArray labels = TestNetworks.labels(DataType.FLOAT, EXAMPLES);
    for (int step = 0; step < 3; step++) {
      sequences.fit(x, labels);
      images.fit(x.reshape('c', EXAMPLES, 3, 5, 1), labels);
    }
    assertClose(images.params(), sequences.params(), 1e-6, "parameters");
  }

  private static MultiLayerNetwork network(BatchNormalization layer, InputType input) {
    return TestNetworks.chain(
        DataType.FLOAT,
        new Sgd(0.1),
        input,
        layer.clone(),
        new OutputLayer.Builder().nOut(TestNetworks.CLASSES).build());
  }
}
