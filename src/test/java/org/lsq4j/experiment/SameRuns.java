package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.network.Networks;
import org.lsq4j.training.Checkpoint;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Compares the folders of two runs bit for bit, up to times. */
public final class SameRuns {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> TIMES = List.of("seconds", "imagesPerSecond");

  private SameRuns() {}

  /** Both have the same stages, models, metrics and results. */
  public static void assertSame(Path expected, Path actual) throws IOException {
    List<String> stages = stages(expected);
    assertEquals(stages, stages(actual));
    for (String stage : stages) {
      assertSameModels(expected.resolve(stage), actual.resolve(stage));
      assertSameObservations(expected, actual, stage);
    }
    assertEquals(lines(expected), lines(actual));
    assertEquals(results(expected), results(actual));
  }

  private static List<String> stages(Path run) throws IOException {
    try (Stream<Path> folders = Files.list(run)) {
      return folders
          .filter(Files::isDirectory)
          .map(folder -> folder.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  /** The models of a stage: parameters, updater states, states of all that takes part. */
  static void assertSameModels(Path expected, Path actual) throws IOException {
    for (String name : List.of("last.zip", "best.zip", "ema.zip")) {
      Path file = expected.resolve(name);
      assertEquals(Files.exists(file), Files.exists(actual.resolve(name)), file.toString());
      if (Files.exists(file)) {
        assertSame(Checkpoint.read(file), Checkpoint.read(actual.resolve(name)), file.toString());
      }
    }
  }

  private static void assertSame(Checkpoint expected, Checkpoint actual, String file) {
    NeuralNetwork left = expected.network();
    NeuralNetwork right = actual.network();
    assertArrayEquals(
        floats(((Model) left).params()), floats(((Model) right).params()), file + ": parameters");
    assertArrayEquals(floats(updater(left)), floats(updater(right)), file + ": updater");
    assertEquals(Networks.iterations(left), Networks.iterations(right), file);
    assertEquals(expected.state().accuracies(), actual.state().accuracies(), file);
    assertEquals(expected.state().bestEpoch(), actual.state().bestEpoch(), file);
    assertEquals(expected.card(), actual.card(), file);
    assertEquals(expected.extensions().keySet(), actual.extensions().keySet(), file);
    expected
        .extensions()
        .forEach(
            (name, state) ->
                assertArrayEquals(state, actual.extensions().get(name), file + ": " + name));
  }

  private static INDArray updater(NeuralNetwork network) {
    return network instanceof ComputationGraph graph
        ? graph.getUpdater().getStateViewArray()
        : ((MultiLayerNetwork) network).getUpdater().getStateViewArray();
  }

  private static float[] floats(INDArray array) {
    return array == null ? new float[0] : array.dup('c').data().asFloat();
  }

  /** The lines of the metrics without times; that every one is whole is asserted by reading it. */
  private static List<JsonNode> lines(Path run) throws IOException {
    List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
    Stream.Builder<JsonNode> nodes = Stream.builder();
    for (String line : lines) {
      nodes.add(withoutTimes(JSON.readTree(line)));
    }
    return nodes.build().toList();
  }

  /** What the report shows of a stage's quantizers. */
  static void assertSameObservations(Path expected, Path actual, String stage) throws IOException {
    assertEquals(observations(expected, stage), observations(actual, stage), stage);
  }

  /** What quantizers did, by epoch; a line makes those of this and later epochs before it void. */
  private static Map<Integer, JsonNode> observations(Path run, String stage) throws IOException {
    Path file = run.resolve(stage).resolve("observations.jsonl");
    TreeMap<Integer, JsonNode> byEpoch = new TreeMap<>();
    for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
      JsonNode node = JSON.readTree(line);
      byEpoch.tailMap(node.get("epoch").asInt()).clear();
      byEpoch.put(node.get("epoch").asInt(), node.get("quantizers"));
    }
    // Errors are looked at before and after training; a training that got more epochs has them in
    // the middle, too.
    byEpoch.headMap(byEpoch.isEmpty() ? 0 : byEpoch.lastKey()).values().stream()
        .flatMap(quantizers -> StreamSupport.stream(quantizers.spliterator(), false))
        .forEach(quantizer -> ((ObjectNode) quantizer).remove("errors"));
    return byEpoch;
  }

  private static List<JsonNode> results(Path run) throws IOException {
    Stream.Builder<JsonNode> nodes = Stream.builder();
    JSON.readTree(run.resolve("results.json").toFile())
        .get("runs")
        .forEach(stage -> nodes.add(withoutTimes(stage)));
    return nodes.build().toList();
  }

  private static JsonNode withoutTimes(JsonNode node) {
    return ((ObjectNode) node).remove(TIMES);
  }
}
