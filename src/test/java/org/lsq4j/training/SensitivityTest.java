package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.lsq4j.network.LayerException;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.TestNetworks;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/** On a small convolutional network that has learned a little. */
class SensitivityTest {

  private static final QuantizationPolicy EIGHT = QuantizationPolicy.builder(8, 8).build();
  private static final QuantizationPolicy FLOAT =
      QuantizationPolicy.builder(8, 8).exception("*", LayerException.FLOAT).build();

  // Not the shuffled batches themselves: their order changes whenever they begin anew.
  private static final DataSetIterator CALIBRATION =
      TestNetworks.batches(MiniFashion.training(100).next(), MiniFashion.training(200).next());

  private static MultiLayerNetwork network;

  @BeforeAll
  static void train() {
    network =
        TestNetworks.chain(
            MiniFashion.IMAGE,
            convolution("conv1"),
            new BatchNormalization.Builder().name("norm1").build(),
            new ActivationLayer(Activation.SWISH),
            convolution("conv2"),
            new BatchNormalization.Builder().name("norm2").build(),
            new ActivationLayer(Activation.RELU),
            new GlobalPoolingLayer(PoolingType.AVG),
            new OutputLayer.Builder()
                .name("output")
                .nOut(MiniFashion.CLASSES)
                .activation(Activation.SOFTMAX)
                .build());
    OptimizerSettings.sgd(0.1).applyTo(network, 2, 40);
    network.fit(MiniFashion.training(2_000), 2);
  }

  @Test
  void everyLayerIsTriedWithAllBitsAndRanked() {
    List<String> heard = new ArrayList<>();
    Sensitivity sensitivity = sensitivity(EIGHT, List.of(3, 2));
    List<LayerSensitivity> results =
        sensitivity.measure(result -> heard.add(result.layer() + result.bits()));
    assertEquals(List.of("conv13", "conv23", "output3", "conv12", "conv22", "output2"), heard);
    assertEquals(6, results.size());
    for (int from : new int[] {0, 3}) {
      for (int i = from; i < from + 2; i++) {
        assertTrue(results.get(i).accuracyLost() >= results.get(i + 1).accuracyLost());
      }
    }
    for (LayerSensitivity result : results) {
      assertEquals(8, result.restBits());
      assertTrue(result.logitError() > 0, result::toString);
      PredictionScore rest = sensitivity.restScore();
      assertEquals(rest.accuracy() - result.score().accuracy(), result.accuracyLost(), 1e-12);
      assertEquals(result.score().loss() - rest.loss(), result.lossAdded(), 1e-12);
    }
    Map<String, Long> weights =
        results.stream()
            .filter(result -> result.bits() == 2)
            .collect(Collectors.toMap(LayerSensitivity::layer, LayerSensitivity::weights));
    assertEquals(Map.of("conv1", 72L, "conv2", 576L, "output", 80L), weights);
    assertTrue(
        logitError(results, "conv2", 2) > logitError(results, "conv2", 3),
        "fewer bits, more error");
  }

  /** What is measured with steps found once is what converting and calibrating anew gives. */
  @Test
  void aLoweredLayerIsAsIfCalibratedWithTheOthers() {
    QuantizationPolicy mixed = EIGHT.withException("conv2", LayerException.bits(2, 2));
    MultiLayerNetwork anew = new NetworkQuantizer(mixed).quantize(network).network();
    Calibration.run(anew, CALIBRATION, 4);
    PredictionScore expected = Predictions.of(anew, MiniFashion.evaluation(200)).score();
    assertEquals(expected, sensitivity(EIGHT, List.of(2)).score(Map.of("conv2", 2)));
    Sensitivity all = sensitivity(EIGHT, List.of(2, 4));
    assertEquals(all.restScore(), all.score(Map.of()));
    assertNotEquals(expected, all.score(Map.of("conv2", 2, "conv1", 4)));
  }

  @Test
  void theRestMayBeFloat() {
    Sensitivity sensitivity = sensitivity(FLOAT, List.of(2));
    PredictionScore floatScore = Predictions.of(network, MiniFashion.evaluation(200)).score();
    assertEquals(floatScore.loss(), sensitivity.restScore().loss(), 1e-5);
    List<LayerSensitivity> results = sensitivity.measure(result -> {});
    assertEquals(3, results.size());
    assertTrue(results.stream().allMatch(result -> result.restBits() == 32));
  }

  @Test
  void layersThatHaveSoFewBitsAlreadyAreNotTried() {
    QuantizationPolicy rest = EIGHT.withException("conv2", LayerException.bits(2, 8));
    List<LayerSensitivity> results = sensitivity(rest, List.of(2)).measure(result -> {});
    assertEquals(
        List.of("conv1", "output"),
        results.stream().map(LayerSensitivity::layer).sorted().toList());
  }

  @Test
  void theNetworkIsNotChanged() {
    INDArray before = network.params().dup();
    sensitivity(EIGHT, List.of(2)).measure(result -> {});
    assertEquals(before, network.params());
  }

  @Test
  void bitsAreNeeded() {
    assertThrows(IllegalArgumentException.class, () -> new Sensitivity.Plan(EIGHT, List.of(), 1));
  }

  private static Sensitivity sensitivity(QuantizationPolicy rest, List<Integer> bits) {
    return Sensitivity.of(
        network,
        new Sensitivity.Plan(rest, bits, 4),
        new Sensitivity.Data(CALIBRATION, MiniFashion.evaluation(200)));
  }

  private static double logitError(List<LayerSensitivity> results, String layer, int bits) {
    return results.stream()
        .filter(result -> result.layer().equals(layer) && result.bits() == bits)
        .findFirst()
        .orElseThrow()
        .logitError();
  }

  private static ConvolutionLayer convolution(String name) {
    return new ConvolutionLayer.Builder(3, 3)
        .name(name)
        .nOut(8)
        .stride(2, 2)
        .hasBias(false)
        .dataFormat(org.deeplearning4j.nn.conf.CNN2DFormat.NHWC)
        .build();
  }
}
