package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.network.TestNetworks.batches;
import static org.lsq4j.network.TestNetworks.normal;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.layer.LayerQuantization;
import org.lsq4j.layer.QuantizedDense;
import org.lsq4j.layer.impl.QuantizationMode;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.QuantizerView;
import org.lsq4j.network.TestNetworks;
import org.lsq4j.quantizer.CalibrationSample;
import org.lsq4j.quantizer.ChannelLayout;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.InitializerKind;
import org.lsq4j.quantizer.Initializers;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.QuantizerSpec;
import org.lsq4j.quantizer.StepAndOffset;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

class CalibrationTest {

  private static final DataSet FIRST = batch(normal(1, 6, 2, 5, 5));
  private static final DataSet SECOND = batch(normal(2, 6, 2, 5, 5).mul(3));

  @ParameterizedTest
  @EnumSource(value = InitializerKind.class, names = "KL", mode = EnumSource.Mode.EXCLUDE)
  void stepsAndOffsetsAreTheInitializersOnWhatReachesTheQuantizers(InitializerKind kind) {
    MultiLayerNetwork source = source();
    MultiLayerNetwork network = quantized(source, policy().initializer(kind));
    Calibration.run(network, batches(FIRST, SECOND), 2);
    List<INDArray> first = source.feedForward(FIRST.getFeatures());
    List<INDArray> second = source.feedForward(SECOND.getFeatures());
    for (QuantizerView view : QuantizerView.of(network)) {
      int layer = List.of("conv", "norm", "dense", "output").indexOf(view.layer());
      CalibrationSample sample = new CalibrationSample();
      if (view.role() == QuantizerRole.WEIGHT) {
        sample.addAll(floats(network.getLayer(layer).getParam("W")));
      } else {
        sample.addAll(floats(first.get(layer)));
        sample.addAll(floats(second.get(layer)));
      }
      StepAndOffset expected = Initializers.initialize(sample, view.spec(), view.role());
      assertEquals(expected.step(), view.meanStep(), 1e-3 * expected.step(), view.toString());
      if (view.spec().learnsOffset()) {
        double tolerance = 1e-3 * Math.max(expected.step(), Math.abs(expected.offset()));
        assertEquals(expected.offset(), view.offset().get(0), tolerance, view.toString());
      }
    }
  }

  @Test
  void perChannelWeightsHaveAStepForEachOutput() {
    MultiLayerNetwork network =
        quantized(source(), policy().weightGranularity(Granularity.PER_CHANNEL));
    Calibration.run(network, batches(FIRST), 1);
    int[] channelAxes = {0, -1, 1, 1};
    for (int layer : new int[] {0, 2, 3}) {
      QuantizedLayer quantized = (QuantizedLayer) network.getLayer(layer);
      QuantizerSpec spec =
          quantized.quantizers().tensors(QuantizerRole.WEIGHT).orElseThrow().spec();
      INDArray weights = quantized.getParam("W");
      ChannelLayout layout = ChannelLayout.ofAxis(weights.shape(), channelAxes[layer]);
      List<CalibrationSample> samples = CalibrationSample.ofChannels(floats(weights), layout);
      INDArray steps = quantized.getParam("sW");
      assertEquals(samples.size(), steps.length());
      for (int i = 0; i < samples.size(); i++) {
        double expected =
            Initializers.initialize(samples.get(i), spec, QuantizerRole.WEIGHT).step();
        assertEquals(expected, steps.getDouble(i), 1e-6 * expected);
      }
    }
  }

  @Test
  void aSecondRunChangesNothing() {
    MultiLayerNetwork network = quantized(source(), policy());
    Calibration.run(network, batches(FIRST), 1);
    INDArray parameters = network.params().dup();
    Calibration.run(network, batches(SECOND), 1);
    assertEquals(parameters, network.params());
    assertTrue(QuantizerView.of(network).stream().allMatch(QuantizerView::initialized));
  }

  @Test
  void onlyWhatIsMissingIsInitialised() {
    MultiLayerNetwork network = quantized(source(), policy());
    network.getLayer(2).getParam("sA").assign(0.375);
    Calibration.run(network, batches(FIRST), 1);
    assertEquals(0.375, network.getLayer(2).getParam("sA").getDouble(0));
    assertTrue(QuantizerView.of(network).stream().allMatch(QuantizerView::initialized));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void noMoreBatchesThanAskedForAreRead(int count) {
    MultiLayerNetwork some = quantized(source(), policy());
    Calibration.run(some, batches(FIRST, SECOND), count);
    MultiLayerNetwork expected = quantized(source(), policy());
    Calibration.run(expected, count == 1 ? batches(FIRST) : batches(FIRST, SECOND), 9);
    assertEquals(expected.params(), some.params());
  }

  @Test
  void weightsAloneNeedNoData() {
    MultiLayerNetwork network =
        TestNetworks.chain(
            InputType.feedForward(4),
            new QuantizedDense.Builder()
                .nOut(3)
                .quantization(LayerQuantization.of(QuantizerSpec.weights(4), null))
                .build(),
            TestNetworks.linearOutput());
    Calibration.run(network, null, 0);
    assertTrue(QuantizerView.of(network).get(0).initialized());
  }

  @Test
  void nothingElseOfTheNetworkChanges() {
    MultiLayerNetwork network = quantized(source(), policy());
    INDArray mean = network.getLayer(1).getParam("mean").dup();
    INDArray deviation = network.getLayer(1).getParam("log10stdev").dup();
    INDArray weights = network.getLayer(0).getParam("W").dup();
    Calibration.run(network, batches(FIRST, SECOND), 2);
    assertEquals(mean, network.getLayer(1).getParam("mean"));
    assertEquals(deviation, network.getLayer(1).getParam("log10stdev"));
    assertEquals(weights, network.getLayer(0).getParam("W"));
  }

  @Test
  void modesAndObserversAreAsBefore() {
    MultiLayerNetwork network = quantized(source(), policy());
    layers(network).get(1).quantizers().setMode(QuantizationMode.BYPASS);
    Calibration.run(network, batches(FIRST), 1);
    assertModes(network);
    INDArray parameters = network.params().dup();
    network.output(SECOND.getFeatures());
    assertEquals(parameters, network.params());
  }

  @Test
  void failuresRestoreModesAndObserversToo() {
    MultiLayerNetwork network = quantized(source(), policy());
    layers(network).get(1).quantizers().setMode(QuantizationMode.BYPASS);
    assertThrows(CalibrationException.class, () -> Calibration.run(network, batches(nan()), 1));
    assertModes(network);
    assertThrows(
        RuntimeException.class,
        () -> Calibration.run(network, batches(batch(normal(1, 6, 3, 5, 5))), 1));
    assertModes(network);
    layers(network).get(1).quantizers().setMode(QuantizationMode.ACTIVE);
    Calibration.run(network, batches(FIRST), 1);
    MultiLayerNetwork untouched = quantized(source(), policy());
    Calibration.run(untouched, batches(FIRST), 1);
    assertEquals(untouched.params(), network.params(), "nothing of the failed runs is left");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void brokenValuesAreErrorsThatNameTheLayer(float value) {
    INDArray features = normal(1, 6, 2, 5, 5);
    features.putScalar(7, value);
    MultiLayerNetwork network = quantized(source(), policy());
    CalibrationException error =
        assertThrows(
            CalibrationException.class,
            () -> Calibration.run(network, batches(batch(features)), 1));
    String start = "Layer conv, input: Calibration met " + value;
    assertTrue(error.getMessage().startsWith(start), error.getMessage());
    MultiLayerNetwork broken = quantized(source(), policy());
    broken.getLayer(2).getParam("W").putScalar(3, value);
    CalibrationException weights =
        assertThrows(CalibrationException.class, () -> Calibration.run(broken, batches(FIRST), 1));
    assertTrue(weights.getMessage().startsWith("Layer dense, weights:"), weights.getMessage());
  }

  @Test
  void noDataIsAnError() {
    MultiLayerNetwork network = quantized(source(), policy());
    DataSetIterator none = batches();
    assertThrows(CalibrationException.class, () -> Calibration.run(network, none, 4));
    assertThrows(CalibrationException.class, () -> Calibration.run(network, batches(FIRST), 0));
  }

  @Test
  void deadInputsGetAPositiveStepAndAWarning() {
    MultiLayerNetwork source = source();
    source.getLayer(0).getParam("b").assign(-1000);
    source.getLayer(0).getParam("W").assign(0);
    MultiLayerNetwork network = quantized(source, policy());
    List<String> warnings = Calibration.run(network, batches(FIRST), 1);
    assertEquals(3, warnings.size(), warnings.toString());
    assertTrue(warnings.get(0).startsWith("Layer conv: 1 of 1 weight steps"), warnings.get(0));
    assertTrue(warnings.get(1).startsWith("Layer dense: 1 of 1 input steps"), warnings.get(1));
    assertTrue(warnings.get(2).startsWith("Layer output: 1 of 1 input steps"), warnings.get(2));
    assertTrue(QuantizerView.of(network).stream().allMatch(QuantizerView::initialized));
    assertTrue(Double.isFinite(network.output(FIRST.getFeatures()).sumNumber().doubleValue()));
  }

  @Test
  void deadChannelsAreCountedAndDescribed() {
    MultiLayerNetwork source = source();
    INDArray weights = source.getLayer(2).getParam("W");
    weights.getColumn(1).assign(0.25);
    MultiLayerNetwork network =
        quantized(source, policy().weightGranularity(Granularity.PER_CHANNEL));
    List<String> warnings = Calibration.run(network, batches(FIRST), 1);
    assertEquals(1, warnings.size(), warnings.toString());
    double step = network.getLayer(2).getParam("sW").getDouble(1);
    assertTrue(step > 0);
    String warning = warnings.get(0);
    assertTrue(warning.startsWith("Layer dense: 1 of 4 weight steps"), warning);
    assertTrue(warning.contains("equal (0.25)"), warning);
    assertEquals(step, Double.parseDouble(warning.replaceAll(".* ", "")), 1e-6 * step);
  }

  @Test
  void uncalibratedNetworksRefuseToRun() {
    MultiLayerNetwork network = quantized(source(), policy());
    IllegalStateException error =
        assertThrows(IllegalStateException.class, () -> network.output(FIRST.getFeatures()));
    assertTrue(error.getMessage().contains("conv"), error.getMessage());
    assertTrue(error.getMessage().contains("calibrate"), error.getMessage());
    assertFalse(QuantizerView.of(network).get(0).initialized());
  }

  private static void assertModes(NeuralNetwork network) {
    assertEquals(
        List.of(QuantizationMode.ACTIVE, QuantizationMode.BYPASS, QuantizationMode.ACTIVE),
        layers(network).stream().map(layer -> layer.quantizers().mode()).toList());
  }

  private static List<QuantizedLayer> layers(NeuralNetwork network) {
    return new ArrayList<>(TestNetworks.quantizedLayers(network));
  }

  private static QuantizationPolicy.Builder policy() {
    return QuantizationPolicy.builder(4, 4).inputOffset(OffsetMode.REAL);
  }

  private static MultiLayerNetwork quantized(
      MultiLayerNetwork source, QuantizationPolicy.Builder policy) {
    return new NetworkQuantizer(policy.build()).quantize(source).network();
  }

  private static MultiLayerNetwork source() {
    return TestNetworks.chain(
        InputType.convolutional(5, 5, 2),
        new ConvolutionLayer.Builder(3, 3).name("conv").nOut(3).activation(Activation.RELU).build(),
        new BatchNormalization.Builder().name("norm").build(),
        new DenseLayer.Builder().name("dense").nOut(4).activation(Activation.SWISH).build(),
        TestNetworks.linearOutput());
  }

  private static DataSet nan() {
    INDArray features = normal(1, 6, 2, 5, 5);
    features.putScalar(0, Float.NaN);
    return batch(features);
  }

  private static DataSet batch(INDArray features) {
    return new DataSet(features, normal(9, features.size(0), TestNetworks.OUTPUTS));
  }

  private static float[] floats(INDArray values) {
    return values.dup('c').data().asFloat();
  }
}
