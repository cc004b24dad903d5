package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.profile.ProfilingEngine;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.experiment.Benchmark.Precision;
import org.lsq4j.network.Networks;
import org.lsq4j.network.ReferenceNetwork;
import org.nd4j.linalg.dataset.DataSet;

/** What is measured and how it is summarized. How long something takes is no matter of a test. */
class BenchmarkTest {

  private static final List<String> TIMES =
      List.of(
          "stepMillis",
          "minMillis",
          "maxMillis",
          "imagesPerSecond",
          "forwardMillis",
          "backwardMillis",
          "updateMillis");

  private static BenchmarkResult run(String network, Precision precision) {
    return Benchmark.run(new Benchmark.Request(network, 2, 3, precision, 2, 1, "auto"));
  }

  @Test
  void bothPrecisionsAreMeasured() throws IOException {
    BenchmarkResult result = run("resnet8", Precision.BOTH);

    JsonNode json = new ObjectMapper().readTree(result.toJson());
    List<String> keys = keys(json);
    keys.remove("peakMemoryMegabytes");
    assertEquals(
        List.of("network", "batch", "bits", "engine", "threads", "steps", "float", "quantized"),
        keys);
    for (String precision : List.of("float", "quantized")) {
      List<String> fields = new ArrayList<>(TIMES);
      fields.add("profile");
      assertEquals(fields, keys(json.get(precision)));
      assertProfile(json.get(precision).get("profile"));
    }
    assertFalse(kernels(json.get("float")).contains("quantizer-forward"));
    assertTrue(kernels(json.get("quantized")).contains("quantizer-forward"));
    assertEquals(2, json.get("batch").asInt());
    assertEquals(3, json.get("bits").asInt());
    assertEquals(2, json.get("steps").asInt());
    assertTrue(json.get("threads").asInt() >= 1);
  }

  @Test
  void turnsAreMeasuredOneByOne() throws IOException {
    for (Precision precision : List.of(Precision.FLOAT, Precision.QUANTIZED)) {
      try (TurnBenchmark benchmark =
          TurnBenchmark.open(new TurnBenchmark.Request("resnet8", 2, 3, precision, "auto"))) {
        assertEquals(1, benchmark.turn(1).steps());
        String line = benchmark.turn(2).toJsonLine();

        assertFalse(line.contains("\n"));
        JsonNode json = new ObjectMapper().readTree(line);
        assertEquals(2, json.get("steps").asInt());
        assertEquals(TIMES, keys(json.get(precision == Precision.FLOAT ? "float" : "quantized")));
        assertFalse(json.has(precision == Precision.FLOAT ? "quantized" : "float"));
      }
    }
  }

  private static void assertProfile(JsonNode profile) {
    assertEquals(List.of("steps", "stepMillis", "kernels", "convolution"), keys(profile));
    assertEquals(2, profile.get("steps").asInt());
    double millis = 0;
    double share = 0;
    for (JsonNode kernel : profile.get("kernels")) {
      assertEquals(List.of("kernel", "millis", "share"), keys(kernel));
      millis += kernel.get("millis").asDouble();
      share += kernel.get("share").asDouble();
    }
    assertEquals(profile.get("stepMillis").asDouble(), millis, 1e-6);
    assertEquals(1, share, 1e-6);
    assertEquals(List.of("forward", "backward"), keys(profile.get("convolution")));
    for (JsonNode direction : profile.get("convolution")) {
      assertEquals(List.of("gflops", "bareShare"), keys(direction));
      assertTrue(direction.get("gflops").asDouble() > 0);
      assertTrue(direction.get("bareShare").asDouble() > 0);
    }
  }

  private static List<String> kernels(JsonNode precision) {
    return precision.at("/profile/kernels").findValuesAsText("kernel");
  }

  @Test
  void fewStepsAreProfiledHoweverManyAreMeasured() {
    BenchmarkResult result =
        Benchmark.run(new Benchmark.Request("lenet", 1, 3, Precision.FLOAT, 12, 0, "auto"));
    assertEquals(12, result.steps());
    assertEquals(10, result.floatSteps().profile().steps());
  }

  @Test
  void engineIsTheOneThatWasAskedFor() {
    String usual = ComputeEngines.current().name();
    try {
      BenchmarkResult result =
          Benchmark.run(new Benchmark.Request("lenet", 1, 3, Precision.BOTH, 1, 0, "nd4j"));
      assertEquals("nd4j", result.engine());
      assertEquals("nd4j", ComputeEngines.current().name());
      assertFalse(ComputeEngines.current() instanceof ProfilingEngine, "no profile any more");
    } finally {
      ComputeEngines.use(usual);
    }
  }

  @Test
  void onePrecisionIsMeasured() {
    BenchmarkResult floating = run("lenet", Precision.FLOAT);
    assertNotNull(floating.floatSteps());
    assertNull(floating.quantized());
    BenchmarkResult quantized = run("small-cnn", Precision.QUANTIZED);
    assertNull(quantized.floatSteps());
    assertNotNull(quantized.quantized());
  }

  /** A chain and a graph: DL4J calls listeners of one with a list, of the other with a map. */
  @ParameterizedTest
  @ValueSource(strings = {"lenet", "resnet8"})
  void aStepIsItsParts(String id) {
    ReferenceNetwork architecture = ReferenceNetwork.named(id);
    BenchmarkImages images = BenchmarkImages.of(architecture);
    NeuralNetwork network = architecture.create(images.inputType(), images.classes(), 1);
    StepTimer timer = new StepTimer(network);
    DataSet batch = images.batch(2).next();
    long started = System.nanoTime();
    StepTime first = timer.step(batch);
    StepTime second = timer.step(batch);
    long passed = System.nanoTime() - started;

    assertEquals(2, Networks.iterations(network));
    for (StepTime step : List.of(first, second)) {
      assertTrue(step.forward() > 0, step::toString);
      assertTrue(step.backward() > 0, step::toString);
      assertTrue(step.update() > 0, step::toString);
    }
    assertTrue(first.total() + second.total() <= passed);
  }

  @Test
  void timesAreMedians() {
    List<StepTime> steps =
        List.of(
            new StepTime(1_000_000, 5_000_000, 1_000_000),
            new StepTime(3_000_000, 6_000_000, 2_000_000),
            new StepTime(2_000_000, 40_000_000, 3_000_000),
            new StepTime(4_000_000, 5_000_000, 0));
    assertEquals(new StepTimes(10, 7, 45, 3200, 2.5, 5.5, 1.5), StepTimes.of(steps, 32));
  }

  @ParameterizedTest
  @MethodSource("org.lsq4j.network.TestNetworks#references")
  void everyNetworkHasItsImages(ReferenceNetwork architecture) {
    BenchmarkImages images = BenchmarkImages.of(architecture);
    ImageBatches batches = images.batch(3);
    DataSet batch = batches.next();
    assertEquals(3, batch.numExamples());
    assertEquals(images.classes(), batch.numOutcomes());
    assertEquals(batch, images.batch(3).next(), "the same images every time");
  }

  @Test
  void peakMemoryIsReadFromLinux() {
    List<String> status = List.of("Name:\tjava", "VmPeak:\t 9000 kB", "VmHWM:\t    2000 kB");
    assertEquals(OptionalDouble.of(2.048), PeakMemory.megabytes(status));
    assertEquals(OptionalDouble.empty(), PeakMemory.megabytes(List.of("Name:\tjava")));
  }

  private static List<String> keys(JsonNode node) {
    List<String> keys = new ArrayList<>();
    node.fieldNames().forEachRemaining(keys::add);
    return keys;
  }
}
