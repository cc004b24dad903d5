package org.lsq4j.deploy.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.deploy.Predictions;
import org.lsq4j.deploy.RandomGraphs;
import org.lsq4j.deploy.graph.IntegerGraph;

/** Every backend gives the bits that the definitions of the operations say. */
class BackendContractTest {

  private static final int GRAPHS = 300;

  private static final int REPETITIONS = 50;
  private static final int MOST_ROUNDS = 20;
  private static final int FEW_BYTES = 64;

  /** More than a backend may compute at a time, and no multiple of that. */
  private static final int EXAMPLES = 19;

  static Stream<String> backends() {
    return names().stream();
  }

  private static List<String> names() {
    return Backends.all().stream()
        .filter(backend -> backend.obstacle().isEmpty())
        .map(Backend::name)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("backends")
  void computesRandomGraphsToTheLastBit(String backend) {
    for (long seed = 0; seed < GRAPHS; seed++) {
      IntegerGraph graph = RandomGraphs.of(seed);
      float[] inputs = RandomGraphs.inputs(graph, EXAMPLES, seed);
      assertArrayEquals(
          NaiveGraph.outputs(graph, inputs),
          Predictions.of(graph, backend, inputs),
          "graph " + seed + ": " + graph.nodes());
    }
  }

  @ParameterizedTest
  @MethodSource("backends")
  void threadsDoNotChangeResults(String backend) {
    IntegerGraph graph = RandomGraphs.of(4);
    float[] inputs = RandomGraphs.inputs(graph, EXAMPLES, 1);
    float[] outputs = new float[EXAMPLES * graph.outputShape().size()];
    try (IntegerModel model = IntegerModel.of(graph, new RuntimeOptions(backend, 3))) {
      model.predict(inputs, EXAMPLES, outputs);
    }
    assertArrayEquals(Predictions.of(graph, backend, inputs), outputs);
  }

  @ParameterizedTest
  @MethodSource("backends")
  void predictionsAllocateNothingOnceWarm(String backend) {
    IntegerGraph graph = RandomGraphs.of(12);
    float[] inputs = RandomGraphs.inputs(graph, EXAMPLES, 1);
    float[] outputs = new float[EXAMPLES * graph.outputShape().size()];
    try (IntegerModel model = IntegerModel.of(graph, RuntimeOptions.DEFAULT.withBackend(backend))) {
      Runnable prediction = () -> model.predict(inputs, EXAMPLES, outputs);
      // Java's compiler, which removes the last short-lived objects, works beside the predictions.
      int rounds = 0;
      while (rounds < MOST_ROUNDS && allocated(prediction) >= FEW_BYTES) {
        rounds++;
      }
      long perPrediction = allocated(prediction);
      assertTrue(perPrediction < FEW_BYTES, perPrediction + " bytes a prediction");
    }
  }

  /** Bytes that this thread allocates in a call, the mean of many. */
  private static long allocated(Runnable call) {
    var threads =
        (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    long before = threads.getThreadAllocatedBytes(thread);
    for (int i = 0; i < REPETITIONS; i++) {
      call.run();
    }
    return (threads.getThreadAllocatedBytes(thread) - before) / REPETITIONS;
  }

  @ParameterizedTest
  @MethodSource("backends")
  void manyThreadsMayPredictAtATime(String backend) {
    IntegerGraph graph = RandomGraphs.of(21);
    float[] inputs = RandomGraphs.inputs(graph, EXAMPLES, 1);
    float[] expected = Predictions.of(graph, backend, inputs);
    try (IntegerModel model = IntegerModel.of(graph, new RuntimeOptions(backend, 2))) {
      Stream.generate(() -> new float[expected.length])
          .limit(40)
          .parallel()
          .forEach(
              outputs -> {
                model.predict(inputs, EXAMPLES, outputs);
                assertArrayEquals(expected, outputs);
              });
    }
  }

  @ParameterizedTest
  @MethodSource("backends")
  void aClosedModelSaysSo(String backend) {
    IntegerGraph graph = RandomGraphs.of(4);
    float[] inputs = RandomGraphs.inputs(graph, 1, 1);
    float[] outputs = new float[graph.outputShape().size()];
    IntegerModel model = IntegerModel.of(graph, new RuntimeOptions(backend, 2));
    model.predict(inputs, 1, outputs);
    model.close();
    assertThrows(IllegalStateException.class, () -> model.predict(inputs, 1, outputs));
  }

  @Test
  void wrongOptionsAndArraysAreRefused() {
    IntegerGraph graph = RandomGraphs.of(4);
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> IntegerModel.of(graph, new RuntimeOptions("fpga", 1)))
            .getMessage();
    assertTrue(message.contains("fpga") && message.contains("java"), message);
    assertThrows(IllegalArgumentException.class, () -> new RuntimeOptions("auto", 0));
    try (IntegerModel model = IntegerModel.of(graph)) {
      float[] inputs = RandomGraphs.inputs(graph, 2, 1);
      float[] tooShort = new float[2 * graph.outputShape().size() - 1];
      assertThrows(IllegalArgumentException.class, () -> model.predict(inputs, 2, tooShort));
      assertThrows(IllegalArgumentException.class, () -> model.predict(inputs, 3, new float[1000]));
    }
  }
}
