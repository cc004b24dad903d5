package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.network.TestNetworks;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.schedule.ISchedule;

/** Learning rates over a training of 10 epochs with 6 batches each. */
class LearningRateTest {

  private static final int EPOCHS = 10;
  private static final int BATCHES = 6;
  private static final int END = EPOCHS * BATCHES;

  @Test
  void cosineFallsFromTheInitialRateToZero() {
    ISchedule cosine = schedule(LearningRate.cosine(0.2));
    assertEquals(0.2, cosine.valueAt(0, 0));
    assertEquals(0.2 * (1 + Math.sqrt(0.5)) / 2, cosine.valueAt(END / 4, 0), 1e-12);
    assertEquals(0.1, cosine.valueAt(END / 2, 0), 1e-12);
    assertEquals(0, cosine.valueAt(END, 0), 1e-12);
    assertEquals(0, cosine.valueAt(2 * END, 0), 1e-12);
    for (int i = 1; i <= END; i++) {
      assertTrue(cosine.valueAt(i, 0) < cosine.valueAt(i - 1, 0), "falls at " + i);
    }
  }

  @Test
  void stepsMultiplyEverySoManyEpochs() {
    ISchedule step = schedule(new LearningRate(0.8, ScheduleKind.STEP, 0, 0.5, 3));
    assertEquals(0.8, step.valueAt(0, 0), 1e-12);
    assertEquals(0.8, step.valueAt(3 * BATCHES - 1, 0), 1e-12);
    assertEquals(0.4, step.valueAt(3 * BATCHES, 0), 1e-12);
    assertEquals(0.1, step.valueAt(9 * BATCHES, 0), 1e-12);
  }

  @Test
  void constantStays() {
    ISchedule constant = schedule(new LearningRate(0.3, ScheduleKind.CONSTANT, 0, 0.1, 1));
    assertEquals(0.3, constant.valueAt(0, 0));
    assertEquals(0.3, constant.valueAt(END, 0));
  }

  @ParameterizedTest
  @CsvSource({"CONSTANT", "COSINE", "STEP"})
  void warmupRisesLinearlyToTheSchedule(ScheduleKind kind) {
    ISchedule plain = schedule(new LearningRate(0.6, kind, 0, 0.5, 4));
    ISchedule warm = schedule(new LearningRate(0.6, kind, 1.5, 0.5, 4));
    int length = 9;
    for (int i = 0; i < END; i++) {
      double share = Math.min(1, (i + 1.0) / length);
      assertEquals(share * plain.valueAt(i, 0), warm.valueAt(i, 0), 1e-12);
    }
  }

  @Test
  void timesScalesEveryRate() {
    LearningRate rate = new LearningRate(0.6, ScheduleKind.STEP, 1, 0.5, 4);
    for (int i = 0; i < END; i++) {
      assertEquals(3 * schedule(rate).valueAt(i, 0), schedule(rate.times(3)).valueAt(i, 0), 1e-12);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.1, Double.NaN, Double.POSITIVE_INFINITY})
  void impossibleRatesAreRefused(double rate) {
    assertRefused("learningRate", () -> LearningRate.cosine(rate));
  }

  @Test
  void impossibleSchedulesAreRefused() {
    assertRefused("warmupEpochs", () -> new LearningRate(1, ScheduleKind.STEP, -1, 0.1, 1));
    assertRefused("stepFactor", () -> new LearningRate(1, ScheduleKind.STEP, 0, 0, 1));
    assertRefused("stepFactor", () -> new LearningRate(1, ScheduleKind.STEP, 0, 1.5, 1));
    assertRefused("stepEpochs", () -> new LearningRate(1, ScheduleKind.STEP, 0, 0.1, 0));
    assertRefused("iterations", () -> new CosineSchedule(1, 0));
  }

  static Stream<LearningRate> allKinds() {
    return Stream.of(ScheduleKind.values())
        .flatMap(
            kind ->
                Stream.of(
                    new LearningRate(0.4, kind, 0, 0.5, 1),
                    new LearningRate(0.4, kind, 2, 0.5, 1)));
  }

  /** A loaded network goes on at the rate where the saved one was. */
  @ParameterizedTest
  @MethodSource("allKinds")
  void savedNetworksKeepTheirSchedule(LearningRate rate, @TempDir Path folder) throws IOException {
    MultiLayerNetwork network =
        TestNetworks.chain(InputType.feedForward(4), TestNetworks.linearOutput());
    new OptimizerSettings(OptimizerKind.SGD, rate, 1, 0.9, OptionalDouble.empty())
        .applyTo(network, EPOCHS, BATCHES);
    DataSet batch =
        new DataSet(TestNetworks.normal(1, 8, 4), TestNetworks.normal(2, 8, TestNetworks.OUTPUTS));
    for (int i = 0; i < 20; i++) {
      network.fit(batch);
    }
    Path file = folder.resolve("network.zip");
    ModelSerializer.writeModel(network, file.toFile(), true);
    MultiLayerNetwork loaded = ModelSerializer.restoreMultiLayerNetwork(file.toFile(), true);
    assertEquals(schedule(rate).valueAt(20, 0), loaded.getLearningRate(0), 1e-12);
    for (int i = 0; i < 5; i++) {
      network.fit(batch);
      loaded.fit(batch);
    }
    assertEquals(network.params(), loaded.params());
    assertEquals(schedule(rate).valueAt(25, 0), loaded.getLearningRate(0), 1e-12);
  }

  private static ISchedule schedule(LearningRate rate) {
    return rate.toSchedule(EPOCHS, BATCHES);
  }

  private static void assertRefused(String key, Supplier<Object> work) {
    IllegalArgumentException error = assertThrows(IllegalArgumentException.class, work::get);
    assertTrue(error.getMessage().startsWith(key + ": must be"), error.getMessage());
  }
}
