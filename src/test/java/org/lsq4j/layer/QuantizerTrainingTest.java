package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lsq4j.compute.Tensors;
import org.lsq4j.layer.impl.InputObserver;
import org.lsq4j.layer.impl.LayerQuantizers;
import org.lsq4j.layer.impl.QuantizationMode;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** How step sizes are guarded, trained and switched off. */
class QuantizerTrainingTest {

  private static final int SIZE = 6;
  private static final int EXAMPLES = 8;
  private static final List<String> STEPS = List.of("0_sW", "0_sA", "1_sW", "1_sA");

  // Not NoOp, which DL4J takes for "subtract the gradient as it is".
  private static final IUpdater FROZEN = new Sgd(0);

  private final INDArray x = Tensors.gaussian(1, DataType.FLOAT, EXAMPLES, SIZE);
  private final INDArray labels = TestNetworks.labels(DataType.FLOAT, EXAMPLES);

  private static MultiLayerNetwork network(IUpdater updater, LayerQuantization quantization) {
    return TestNetworks.chain(
        DataType.FLOAT, updater, InputType.feedForward(SIZE), layers(quantization));
  }

  private static Layer[] layers(LayerQuantization quantization) {
    return new Layer[] {
      new QuantizedDense.Builder()
          .name("hidden")
          .nOut(SIZE)
          .activation(Activation.TANH)
          .quantization(quantization)
          .build(),
      new QuantizedOutput.Builder()
          .name("classes")
          .nOut(TestNetworks.CLASSES)
          .quantization(quantization)
          .build()
    };
  }

  private static LayerQuantizers quantizers(MultiLayerNetwork network, int layer) {
    return TestNetworks.quantizers(network).toList().get(layer);
  }

  @ParameterizedTest
  @EnumSource(QuantizerRole.class)
  void uninitializedQuantizerRefusesToRun(QuantizerRole role) {
    MultiLayerNetwork network =
        TestNetworks.initialized(network(new Sgd(0.1), TestNetworks.FOUR_BITS));
    network.getParam(role == QuantizerRole.WEIGHT ? "0_sW" : "0_sA").assign(0);
    // Set behind the layer's back, as a fresh network's parameters are.
    MultiLayerNetwork fresh = network.clone();
    assertFalse(quantizers(fresh, 0).isInitialized(role));
    for (Runnable use : List.<Runnable>of(() -> fresh.output(x), () -> fresh.fit(x, labels))) {
      String message = assertThrows(IllegalStateException.class, use::run).getMessage();
      assertTrue(message.contains("hidden"), message);
      assertTrue(message.contains(role.name().toLowerCase(Locale.ROOT)), message);
      assertTrue(message.contains("calibrate"), message);
    }
  }

  @Test
  void stepsSetToZeroAfterUseAreFoundToo() {
    MultiLayerNetwork network =
        TestNetworks.initialized(network(new Sgd(0.1), TestNetworks.FOUR_BITS));
    INDArray uninitialized = network(new Sgd(0.1), TestNetworks.FOUR_BITS).params();
    network.output(x);
    network.setParams(uninitialized);
    assertThrows(IllegalStateException.class, () -> network.output(x));
  }

  @Test
  void floatQuantizationNeedsNoInitialization() {
    MultiLayerNetwork network = network(new Sgd(0.1), LayerQuantization.FLOAT);
    network.fit(x, labels);
    assertFalse(quantizers(network, 0).isInitialized(QuantizerRole.WEIGHT));
    assertTrue(quantizers(network, 0).tensors(QuantizerRole.INPUT).isEmpty());
    assertEquals(List.of("0_W", "0_b", "1_W", "1_b"), List.copyOf(network.paramTable().keySet()));
  }

  @Test
  void hugeUpdatesLeaveStepsPositiveAndAreCounted() {
    LayerQuantization quantization = TestNetworks.FOUR_BITS.withStepUpdater(new Sgd(1e5));
    MultiLayerNetwork network = TestNetworks.initialized(network(FROZEN, quantization));
    network.fit(x, labels);
    double smallest =
        STEPS.stream().mapToDouble(key -> network.getParam(key).getDouble(0)).min().orElseThrow();
    assertTrue(smallest > 0, () -> "smallest step " + smallest);
    assertTrue(projections(network) > 0, "projections are counted");
    assertTrue(Double.isFinite(network.score(new DataSet(x, labels))));
  }

  @Test
  void ordinaryTrainingProjectsNothing() {
    MultiLayerNetwork network =
        TestNetworks.initialized(network(new Sgd(0.01), TestNetworks.FOUR_BITS));
    network.fit(x, labels);
    assertEquals(0, projections(network));
  }

  private static long projections(MultiLayerNetwork network) {
    return TestNetworks.quantizers(network)
        .mapToLong(
            quantizers ->
                quantizers.projections(QuantizerRole.WEIGHT)
                    + quantizers.projections(QuantizerRole.INPUT))
        .sum();
  }

  @Test
  void stepsAreTrainedByTheirOwnUpdater() {
    double slow = change("0_sA", new Sgd(0.1), TestNetworks.FOUR_BITS);
    double fast =
        change("0_sA", new Sgd(0.1), TestNetworks.FOUR_BITS.withStepUpdater(new Sgd(0.3)));
    assertNotEquals(0, slow);
    assertEquals(3 * slow, fast, 1e-4 * Math.abs(fast));
    LayerQuantization fixed = TestNetworks.FOUR_BITS.withStepUpdater(new NoOp());
    for (String key : STEPS) {
      assertEquals(0, change(key, new Sgd(0.1), fixed), key);
    }
    assertNotEquals(0, change("0_W", new Sgd(0.1), fixed));
  }

  @Test
  void stepsDecayOnlyIfAsked() {
    LayerQuantization fixed = TestNetworks.FOUR_BITS;
    double without = change("0_sA", new Sgd(0.1), fixed);
    double with = change("0_sA", new Sgd(0.1), fixed.withStepWeightDecay(0.5));
    // Subtracted: learning rate * decay * step.
    double step = 0.21;
    assertEquals(-0.1 * 0.5 * step, with - without, 1e-5);

    QuantizedDense.Builder decayingWeights = new QuantizedDense.Builder().l2(0.5).nOut(SIZE);
    Layer[] layers = layers(fixed);
    layers[0] =
        decayingWeights.activation(Activation.TANH).quantization(fixed).name("hidden").build();
    MultiLayerNetwork network =
        TestNetworks.initialized(
            TestNetworks.chain(DataType.FLOAT, new Sgd(0.1), InputType.feedForward(SIZE), layers));
    network.fit(x, labels);
    assertEquals(without, network.getParam("0_sA").getDouble(0) - (float) step, 1e-6);
  }

  /** How much one training step adds to a parameter. */
  private double change(String key, IUpdater updater, LayerQuantization quantization) {
    MultiLayerNetwork network = TestNetworks.initialized(network(updater, quantization));
    double before = network.getParam(key).getDouble(0);
    network.fit(x, labels);
    return network.getParam(key).getDouble(0) - before;
  }

  @Test
  void bypassedNetworkIsTheFloatNetwork() {
    LayerQuantization withOffset =
        LayerQuantization.of(
            QuantizerSpec.weights(2).withOffset(OffsetMode.REAL),
            QuantizerSpec.activations(2, CodeSign.UNSIGNED).withOffset(OffsetMode.INTEGER));
    MultiLayerNetwork quantized = TestNetworks.initialized(network(new Sgd(0.1), withOffset));
    MultiLayerNetwork plain = network(new Sgd(0.1), LayerQuantization.FLOAT);
    plain.paramTable().forEach((key, value) -> value.assign(quantized.getParam(key)));
    assertNotEquals(plain.output(x), quantized.output(x));

    // The gradient views hold an update of the active mode now.
    quantized.fit(x, labels);
    plain.paramTable().forEach((key, value) -> value.assign(quantized.getParam(key)));
    TestNetworks.quantizers(quantized)
        .forEach(quantizers -> quantizers.setMode(QuantizationMode.BYPASS));
    List<INDArray> before = quantizerParameters(quantized);
    for (int step = 0; step < 2; step++) {
      quantized.fit(x, labels);
      plain.fit(x, labels);
    }
    assertEquals(before, quantizerParameters(quantized));
    assertEquals(plain.output(x), quantized.output(x));
    plain.paramTable().forEach((key, value) -> assertEquals(value, quantized.getParam(key), key));
  }

  private static List<INDArray> quantizerParameters(MultiLayerNetwork network) {
    return network.paramTable().entrySet().stream()
        .filter(entry -> entry.getKey().matches("._[sz].*"))
        .map(entry -> entry.getValue().dup())
        .toList();
  }

  @Test
  void modeCanBeSwitchedBetweenSteps() {
    MultiLayerNetwork network =
        TestNetworks.initialized(network(new Sgd(0.1), TestNetworks.FOUR_BITS));
    INDArray active = network.output(x);
    quantizers(network, 0).setMode(QuantizationMode.BYPASS);
    assertNotEquals(active, network.output(x));
    quantizers(network, 0).setMode(QuantizationMode.ACTIVE);
    assertEquals(active, network.output(x));
  }

  @Test
  void observerSeesInputsBeforeTheQuantizer() {
    MultiLayerNetwork network =
        TestNetworks.initialized(network(new Sgd(0.1), TestNetworks.FOUR_BITS));
    List<INDArray> seen = new ArrayList<>();
    quantizers(network, 0).setInputObserver(input -> seen.add(input.detach()));
    network.output(x);
    assertEquals(List.of(x), seen);
    network.fit(x, labels);
    assertEquals(List.of(x, x), seen);
    quantizers(network, 0).setInputObserver(InputObserver.NONE);
    network.output(x);
    assertEquals(2, seen.size());
  }

  /** Calibration observes networks that have no steps yet. */
  @Test
  void bypassedNetworkCanBeObservedBeforeItIsInitialized() {
    MultiLayerNetwork network = network(new Sgd(0.1), TestNetworks.FOUR_BITS);
    List<INDArray> seen = new ArrayList<>();
    TestNetworks.quantizers(network)
        .forEach(
            quantizers -> {
              quantizers.setMode(QuantizationMode.BYPASS);
              quantizers.setInputObserver(input -> seen.add(input.detach()));
            });
    List<INDArray> activations = network.feedForward(x);
    assertEquals(List.of(x, activations.get(1)), seen);
  }

  @Test
  void muchTooWideStepShrinks() {
    assertTrue(stepAfterTraining(3) < 3);
  }

  @Test
  void muchTooNarrowStepGrows() {
    assertTrue(stepAfterTraining(0.03) > 0.03);
  }

  /** Trains the input's step alone so that a linear layer keeps its float outputs. */
  private double stepAfterTraining(double first) {
    LayerQuantization quantization =
        LayerQuantization.of(null, QuantizerSpec.activations(4, CodeSign.SIGNED))
            .withStepUpdater(new Sgd(0.05));
    MultiLayerNetwork network =
        TestNetworks.chain(
            DataType.FLOAT,
            FROZEN,
            InputType.feedForward(SIZE),
            new QuantizedOutput.Builder(LossFunction.MSE)
                .nOut(SIZE)
                .activation(Activation.IDENTITY)
                .quantization(quantization)
                .build());
    network.getParam("0_W").assign(Nd4j.eye(SIZE));
    network.getParam("0_sA").assign(first);
    for (int step = 0; step < 5; step++) {
      network.fit(x, x);
    }
    return network.getParam("0_sA").getDouble(0);
  }
}
