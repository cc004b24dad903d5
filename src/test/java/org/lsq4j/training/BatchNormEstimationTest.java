package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.network.FastNetwork;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.TestNetworks;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

class BatchNormEstimationTest {

  private static final InputType IMAGES = InputType.convolutional(5, 4, 2, CNN2DFormat.NCHW);

  /** Batches of different sizes and different means. */
  private static final List<INDArray> FEATURES =
      List.of(
          TestNetworks.normal(1, 3, 2, 5, 4),
          TestNetworks.normal(2, 8, 2, 5, 4).addi(2),
          TestNetworks.normal(3, 5, 2, 5, 4).muli(3));

  private static DataSetIterator batches() {
    DataSet[] sets =
        FEATURES.stream()
            .map(x -> new DataSet(x, Nd4j.ones(x.size(0), TestNetworks.OUTPUTS)))
            .toArray(DataSet[]::new);
    return TestNetworks.batches(sets);
  }

  private static ConvolutionLayer convolution(String name) {
    return new ConvolutionLayer.Builder(3, 3).name(name).nOut(3).build();
  }

  private static BatchNormalization norm(String name, double decay, boolean logarithm) {
    return new BatchNormalization.Builder().name(name).decay(decay).useLogStd(logarithm).build();
  }

  private static MultiLayerNetwork network(double decay, boolean logarithm) {
    return TestNetworks.chain(
        IMAGES,
        convolution("conv1"),
        norm("norm1", decay, logarithm),
        new DropoutLayer.Builder(0.5).name("dropout").build(),
        new ConvolutionLayer.Builder(2, 2).name("conv2").nOut(4).build(),
        norm("norm2", decay, logarithm),
        new GlobalPoolingLayer.Builder().name("pool").build(),
        TestNetworks.linearOutput());
  }

  private static double variance(NeuralNetwork network, int layer, int channel) {
    org.deeplearning4j.nn.api.Layer norm = Networks.layers(network).get(layer);
    return ((BatchNormalization) norm.conf().getLayer()).isUseLogStd()
        ? Math.pow(10, 2 * norm.getParam("log10stdev").getDouble(channel))
        : norm.getParam("var").getDouble(channel);
  }

  /** All values that reach the first batch norm, of one channel. */
  private static double[] valuesOf(MultiLayerNetwork network, int channel) {
    List<Double> values = new ArrayList<>();
    for (INDArray x : FEATURES) {
      INDArray reached = network.feedForwardToLayer(0, x).get(1);
      for (double v : reached.tensorAlongDimension(channel, 0, 2, 3).dup('c').data().asDouble()) {
        values.add(v);
      }
    }
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theFirstNormGetsMeanAndVarianceOfAllValues(boolean logarithm) {
    MultiLayerNetwork network = network(0.9, logarithm);
    for (NeuralNetwork each : List.of(network, FastNetwork.of(network))) {
      BatchNormEstimation.run(each, batches(), FEATURES.size());
      for (int channel = 0; channel < 3; channel++) {
        double[] values = valuesOf(network, channel);
        double mean = Arrays.stream(values).average().orElseThrow();
        double variance =
            Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
        INDArray means = Networks.layers(each).get(1).getParam("mean");
        assertEquals(mean, means.getDouble(channel), 1e-5);
        assertEquals(variance, variance(each, 1, channel), 1e-4 * variance);
      }
    }
  }

  @Test
  void laterNormsSeeBatchesThatTheEarlierOnesNormalized() {
    MultiLayerNetwork network = network(0.9, false);
    BatchNormEstimation.run(network, batches(), FEATURES.size());
    double sum = 0;
    double count = 0;
    for (INDArray x : FEATURES) {
      // Behind the first norm in training mode, which normalizes by the batch; no dropout.
      INDArray convolved = network.feedForwardToLayer(0, x).get(1);
      INDArray mean = convolved.mean(0, 2, 3).reshape(1, 3, 1, 1);
      INDArray deviation = convolved.var(false, 0, 2, 3).addi(1e-5).reshape(1, 3, 1, 1);
      INDArray normalized = convolved.sub(mean).div(Transforms.sqrt(deviation));
      INDArray second =
          network.getLayer(3).activate(normalized, false, LayerWorkspaceMgr.noWorkspaces());
      INDArray channel = second.tensorAlongDimension(0, 0, 2, 3);
      sum += channel.sumNumber().doubleValue();
      count += channel.length();
    }
    assertEquals(sum / count, network.getLayer(4).getParam("mean").getDouble(0), 1e-5);
  }

  @Test
  void neitherDecayNorEarlierStatisticsMatter() {
    MultiLayerNetwork slow = network(0.999, false);
    MultiLayerNetwork quick = network(0.1, false);
    quick.getLayer(1).getParam("mean").assign(100);
    quick.getLayer(1).getParam("var").assign(1e-3);
    BatchNormEstimation.run(slow, batches(), 2);
    BatchNormEstimation.run(quick, batches(), 2);
    assertEquals(slow.params(), quick.params());
  }

  @Test
  void onlyTheFirstBatchesCount() {
    MultiLayerNetwork network = network(0.9, false);
    BatchNormEstimation.run(network, batches(), 1);
    INDArray one = network.params().dup();
    BatchNormEstimation.run(network, batches(), 1);
    assertEquals(one, network.params());
    BatchNormEstimation.run(network, batches(), 2);
    assertNotEquals(one, network.params());
  }

  @Test
  void otherParametersAndFrozenNormsStay() {
    MultiLayerNetwork network =
        TestNetworks.chain(
            IMAGES,
            convolution("conv1"),
            new FrozenLayer(norm("frozen", 0.9, false)),
            new ConvolutionLayer.Builder(2, 2).name("conv2").nOut(4).build(),
            norm("norm2", 0.9, false),
            new GlobalPoolingLayer.Builder().name("pool").build(),
            TestNetworks.linearOutput());
    INDArray frozen = network.getLayer(1).params().dup();
    INDArray weights = network.getLayer(2).params().dup();
    BatchNormEstimation.run(network, batches(), 3);
    assertEquals(frozen, network.getLayer(1).params());
    assertEquals(weights, network.getLayer(2).params());
    assertNotEquals(0, network.getLayer(3).getParam("mean").getDouble(0));
  }

  @Test
  void quantizedNetworksAreEstimatedWithTheirQuantizers() {
    MultiLayerNetwork source = network(0.9, true);
    BatchNormEstimation.run(source, batches(), 3);
    NeuralNetwork quantized =
        new NetworkQuantizer(QuantizationPolicy.builder(2, 2).edgeBits(2).build())
            .quantize(source)
            .network();
    Calibration.run(quantized, batches(), 3);
    INDArray before = Networks.layers(quantized).get(1).params().dup();
    BatchNormEstimation.run(quantized, batches(), 3);
    assertNotEquals(before, Networks.layers(quantized).get(1).params());
    // In inference again: two images give what they give alone.
    INDArray both = Networks.output(quantized, FEATURES.get(0)).dup();
    INDArray first = Networks.output(quantized, FEATURES.get(0).get(NDArrayIndex.interval(0, 1)));
    assertEquals(both.getDouble(0, 0), first.getDouble(0, 0), 1e-5);
  }

  @Test
  void dataIsNeeded() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> BatchNormEstimation.run(network(0.9, false), batches(), 0))
            .getMessage();
    assertTrue(message.contains("at least one batch"), message);
  }
}
