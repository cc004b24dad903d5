package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.compute.Tensors.assertClose;
import static org.lsq4j.network.TestNetworks.bypassed;
import static org.lsq4j.network.TestNetworks.normal;

import java.util.List;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Random networks of DL4J's own layers infer and train the same when they are converted and their
 * quantizers are off, whatever of their batch norms, sums and ReLUs became one.
 */
class FusedConversionTest {

  private static final int EXAMPLES = 5;

  static IntStream seeds() {
    return IntStream.range(0, 12);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void chainsStayTheSame(int seed) {
    RandomNetworks random = new RandomNetworks(seed, RandomNetworks.Variety.RECTIFIERS);
    assertConversionsStayTheSame(random.chain(), random);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void graphsStayTheSame(int seed) {
    RandomNetworks random = new RandomNetworks(seed, RandomNetworks.Variety.RECTIFIERS);
    assertConversionsStayTheSame(random.graph(), random);
  }

  /** Quantizers that are bypassed, and no quantizers at all. */
  private static void assertConversionsStayTheSame(NeuralNetwork source, RandomNetworks random) {
    QuantizationPolicy.Builder policy = QuantizationPolicy.builder(4, 4);
    QuantizedNetwork<? extends NeuralNetwork> bypassed =
        new NetworkQuantizer(policy.build()).quantize(source);
    assertTrue(
        bypassed.decisions().stream()
            .anyMatch(decision -> decision.reason().startsWith("ReLU computed by ")),
        () -> "nothing became one in " + bypassed.decisions());
    NeuralNetwork floats =
        new NetworkQuantizer(policy.exception("*", LayerException.FLOAT).build())
            .quantize(source)
            .network();
    for (NeuralNetwork converted : List.of(bypassed(bypassed.network()), floats)) {
      assertStaysTheSame(copy(source), converted, random);
    }
  }

  private static void assertStaysTheSame(
      NeuralNetwork source, NeuralNetwork converted, RandomNetworks random) {
    assertSameOutputs(source, converted, random);
    INDArray before = source.params().dup();
    for (int step = 0; step < 3; step++) {
      int examples = EXAMPLES + step % 2;
      INDArray labels = normal(step + 9, examples, TestNetworks.OUTPUTS);
      source.fit(new DataSet(random.images(step, examples), labels));
      converted.fit(new DataSet(random.images(step, examples), labels));
      assertSameParameters(source, converted);
    }
    assertTrue(before.distance2(source.params()) > 1e-2, "training must change something");
    assertSameOutputs(source, converted, random);
  }

  private static void assertSameOutputs(
      NeuralNetwork source, NeuralNetwork converted, RandomNetworks random) {
    INDArray expected = Networks.output(source, random.images(77, EXAMPLES));
    INDArray actual = Networks.output(converted, random.images(77, EXAMPLES));
    assertTrue(expected.stdNumber().doubleValue() > 1e-3, "the outputs tell nothing");
    assertClose(expected, actual, 1e-5, "output");
  }

  private static void assertSameParameters(NeuralNetwork source, NeuralNetwork converted) {
    List<org.deeplearning4j.nn.api.Layer> expected = Networks.layers(source);
    List<org.deeplearning4j.nn.api.Layer> actual = Networks.layers(converted);
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      var wanted = expected.get(i).paramTable();
      String name = Networks.nameOf(expected.get(i));
      actual
          .get(i)
          .paramTable()
          .forEach(
              (key, value) -> {
                if (!QuantizedParamInitializer.isQuantizerParam(key)) {
                  assertClose(wanted.get(key), value, 1e-4, name + " " + key);
                }
              });
    }
  }

  private static NeuralNetwork copy(NeuralNetwork network) {
    return network instanceof ComputationGraph graph
        ? graph.clone()
        : ((MultiLayerNetwork) network).clone();
  }
}
