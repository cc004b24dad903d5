package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.network.TestNetworks.normal;

import java.util.OptionalDouble;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.network.LayerException;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.TestNetworks;
import org.lsq4j.quantizer.OffsetMode;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;

/** What settings do to a network, seen in its next steps. */
class OptimizerSettingsTest {

  private static final double RATE = 0.01;
  private static final String[] QUANTIZER_PARAMS = {"sW", "sA", "zA"};

  @ParameterizedTest
  @EnumSource(OptimizerKind.class)
  void everyLayerGetsTheUpdater(OptimizerKind kind) {
    MultiLayerNetwork network = network();
    settings(kind, 0.25, OptionalDouble.empty()).applyTo(network, 5, 10);
    Class<? extends IUpdater> type = kind == OptimizerKind.SGD ? Nesterovs.class : Adam.class;
    for (int i : new int[] {0, 1, 3, 4}) {
      BaseLayer conf = (BaseLayer) network.getLayer(i).conf().getLayer();
      IUpdater weights = assertInstanceOf(type, conf.getUpdaterByParam("W"));
      assertEquals(RATE, weights.getLearningRate(0, 0));
      assertEquals(weights, conf.getUpdaterByParam("b"));
      for (String key : QUANTIZER_PARAMS) {
        IUpdater steps = assertInstanceOf(type, conf.getUpdaterByParam(key));
        assertEquals(0.25 * RATE, steps.getLearningRate(0, 0));
      }
    }
    BaseLayer norm = (BaseLayer) network.getLayer(2).conf().getLayer();
    assertInstanceOf(type, norm.getUpdaterByParam("gamma"));
  }

  @Test
  void aLayerMayHaveItsOwnStepRate() {
    MultiLayerNetwork network = network();
    ownStepRate(network, 1, 2.0);
    ownStepRate(network, 3, 0.0);
    settings(OptimizerKind.SGD, 0.25, OptionalDouble.empty()).applyTo(network, 5, 10);
    assertEquals(0.25 * RATE, stepRate(network, 0));
    assertEquals(2 * RATE, stepRate(network, 1));
    assertEquals(0.25 * RATE, stepRate(network, 4));
    INDArray fixed = network.getLayer(3).getParam("sA").dup();
    INDArray moving = network.getLayer(4).getParam("sA").dup();
    network.fit(batch());
    assertEquals(fixed, network.getLayer(3).getParam("sA"));
    assertNotEquals(moving, network.getLayer(4).getParam("sA"));
    settings(OptimizerKind.SGD, 1, OptionalDouble.empty()).applyTo(network, 5, 10);
    assertEquals(2 * RATE, stepRate(network, 1), "kept for the next training");
  }

  private static void ownStepRate(MultiLayerNetwork network, int layer, double rate) {
    QuantizedLayerConfiguration conf =
        (QuantizedLayerConfiguration) network.getLayer(layer).conf().getLayer();
    conf.setQuantization(conf.getQuantization().withStepRate(rate));
  }

  private static double stepRate(MultiLayerNetwork network, int layer) {
    BaseLayer conf = (BaseLayer) network.getLayer(layer).conf().getLayer();
    return conf.getUpdaterByParam("sA").getLearningRate(0, 0);
  }

  /** The first step without momentum is -rate x gradient. */
  @Test
  void stepsMoveAtTheirOwnRate() {
    INDArray[] weights = new INDArray[3];
    INDArray[] steps = new INDArray[3];
    double[] rates = {1, 0.1, 0};
    for (int i = 0; i < rates.length; i++) {
      MultiLayerNetwork network = network();
      settings(OptimizerKind.SGD, rates[i], OptionalDouble.of(0)).applyTo(network, 5, 10);
      INDArray step = network.getLayer(4).getParam("sA").dup();
      weights[i] = change(network, 4, "W");
      steps[i] = network.getLayer(4).getParam("sA").sub(step);
    }
    assertTrue(steps[0].getDouble(0) != 0);
    assertEquals(weights[0], weights[1]);
    assertEquals(0.1, steps[1].getDouble(0) / steps[0].getDouble(0), 1e-3);
    assertEquals(0, steps[2].getDouble(0));
  }

  @Test
  void momentumIsUsed() {
    MultiLayerNetwork plain = network();
    settings(OptimizerKind.SGD, 1, OptionalDouble.of(0)).applyTo(plain, 5, 10);
    MultiLayerNetwork withMomentum = network();
    OptimizerSettings momentum =
        new OptimizerSettings(OptimizerKind.SGD, constant(), 1, 0.5, OptionalDouble.of(0));
    momentum.applyTo(withMomentum, 5, 10);
    INDArray expected = change(plain, 4, "W").mul(1.5);
    assertTrue(expected.equalsWithEps(change(withMomentum, 4, "W"), 1e-6), "Nesterov's first step");
  }

  /** Decay by bits of the weights: layers 0, 1, 3, 4 have 8, 4, 3 and 2. */
  @Test
  void weightDecayFollowsTheBits() {
    assertDecay(OptimizerKind.SGD, OptionalDouble.empty(), 0, 1e-4);
    assertDecay(OptimizerKind.SGD, OptionalDouble.empty(), 1, 1e-4);
    assertDecay(OptimizerKind.SGD, OptionalDouble.empty(), 3, 0.5e-4);
    assertDecay(OptimizerKind.SGD, OptionalDouble.empty(), 4, 0.25e-4);
  }

  @ParameterizedTest
  @EnumSource(OptimizerKind.class)
  void explicitWeightDecayHoldsForAllAndPullsAtTheWeightsThemselves(OptimizerKind kind) {
    for (int layer : new int[] {0, 1, 3, 4}) {
      assertDecay(kind, OptionalDouble.of(0.25), layer, 0.25);
    }
  }

  @Test
  void weightDecayTouchesNothingButWeights() {
    MultiLayerNetwork without = stepped(OptimizerKind.SGD, OptionalDouble.of(0));
    MultiLayerNetwork with = stepped(OptimizerKind.SGD, OptionalDouble.of(0.25));
    without
        .paramTable()
        .forEach(
            (key, value) -> {
              if (!key.endsWith("_W")) {
                assertEquals(value, with.getParam(key), key);
              }
            });
  }

  @Test
  void newTrainingsBeginAtTheBeginning() {
    MultiLayerNetwork chain = network();
    ComputationGraph graph = network().toComputationGraph();
    assertStartsAgain(chain, () -> chain.fit(batch()));
    assertStartsAgain(graph, () -> graph.fit(batch()));
  }

  private static void assertStartsAgain(NeuralNetwork network, Runnable step) {
    OptimizerSettings cosine = OptimizerSettings.sgd(RATE);
    cosine.applyTo(network, 2, 2);
    for (int i = 0; i < 4; i++) {
      step.run();
    }
    INDArray atTheEnd = Networks.layers(network).get(0).getParam("W").dup();
    cosine.applyTo(network, 2, 2);
    assertEquals(0, Networks.iterations(network));
    step.run();
    INDArray later = Networks.layers(network).get(0).getParam("W");
    assertTrue(later.distance2(atTheEnd) > 1e-6, "the rate was still 0");
  }

  @Test
  void updaterStateIsForgotten() {
    MultiLayerNetwork used = stepped(OptimizerKind.SGD, OptionalDouble.of(0));
    INDArray parameters = used.params().dup();
    OptimizerSettings again = OptimizerSettings.sgd(RATE);
    again.applyTo(used, 5, 10);
    used.fit(batch());
    MultiLayerNetwork fresh = network();
    fresh.setParams(parameters);
    again.applyTo(fresh, 5, 10);
    fresh.fit(batch());
    assertEquals(fresh.params(), used.params());
  }

  @Test
  void impossibleSettingsAreRefused() {
    LearningRate rate = constant();
    OptionalDouble none = OptionalDouble.empty();
    assertRefused("stepRate", () -> new OptimizerSettings(OptimizerKind.SGD, rate, -1, 0, none));
    assertRefused("momentum", () -> new OptimizerSettings(OptimizerKind.SGD, rate, 1, 1, none));
    assertRefused("momentum", () -> new OptimizerSettings(OptimizerKind.SGD, rate, 1, -0.1, none));
    assertRefused(
        "weightDecay",
        () -> new OptimizerSettings(OptimizerKind.SGD, rate, 1, 0, OptionalDouble.of(-1)));
  }

  private static void assertRefused(
      String key, org.junit.jupiter.api.function.Executable executable) {
    IllegalArgumentException error = assertThrows(IllegalArgumentException.class, executable);
    assertTrue(error.getMessage().startsWith(key + ": must be"), error.getMessage());
  }

  /** With decay c a step ends rate x c x W before the step without. */
  private static void assertDecay(
      OptimizerKind kind, OptionalDouble decay, int layer, double expected) {
    INDArray before = network().getLayer(layer).getParam("W");
    INDArray without = stepped(kind, OptionalDouble.of(0)).getLayer(layer).getParam("W");
    INDArray with = stepped(kind, decay).getLayer(layer).getParam("W");
    INDArray pulled = without.sub(with);
    assertNotEquals(0, pulled.amaxNumber().doubleValue());
    double coefficient = pulled.sumNumber().doubleValue() / before.sumNumber().doubleValue() / RATE;
    assertEquals(expected, coefficient, 0.1 * expected + 2e-6);
  }

  private static MultiLayerNetwork stepped(OptimizerKind kind, OptionalDouble decay) {
    MultiLayerNetwork network = network();
    settings(kind, 1, decay).applyTo(network, 5, 10);
    network.fit(batch());
    return network;
  }

  private static INDArray change(MultiLayerNetwork network, int layer, String key) {
    INDArray before = network.getLayer(layer).getParam(key).dup();
    network.fit(batch());
    return network.getLayer(layer).getParam(key).sub(before);
  }

  private static OptimizerSettings settings(
      OptimizerKind kind, double stepRate, OptionalDouble decay) {
    return new OptimizerSettings(kind, constant(), stepRate, 0, decay);
  }

  private static LearningRate constant() {
    return new LearningRate(RATE, ScheduleKind.CONSTANT, 0, 0.1, 1);
  }

  private static DataSet batch() {
    return new DataSet(normal(1, 8, 5), normal(2, 8, TestNetworks.OUTPUTS));
  }

  /** Quantized to 8, 4, batch norm, 3 and 2 bits, with steps; weights far from 0 in the mean. */
  private static MultiLayerNetwork network() {
    MultiLayerNetwork source =
        TestNetworks.chain(
            InputType.feedForward(5),
            dense("eight"),
            dense("four"),
            new BatchNormalization(),
            dense("three"),
            TestNetworks.linearOutput());
    for (int i : new int[] {0, 1, 3, 4}) {
      source.getLayer(i).getParam("W").addi(1);
    }
    QuantizationPolicy policy =
        QuantizationPolicy.builder(8, 8)
            .inputOffset(OffsetMode.REAL)
            .exception("four", LayerException.bits(4, 4))
            .exception("three", LayerException.bits(3, 3))
            .exception("output", LayerException.bits(2, 2))
            .build();
    MultiLayerNetwork network = new NetworkQuantizer(policy).quantize(source).network();
    Calibration.run(network, TestNetworks.batches(batch()), 1);
    return network;
  }

  private static DenseLayer dense(String name) {
    return new DenseLayer.Builder().name(name).nOut(5).activation(Activation.TANH).build();
  }
}
