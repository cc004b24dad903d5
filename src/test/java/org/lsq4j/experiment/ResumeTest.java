package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.experiment.TinyExperiment.Listener;
import org.lsq4j.experiment.TinyExperiment.PowerCut;
import org.lsq4j.training.EpochMetrics;

class ResumeTest {

  @TempDir private Path folder;

  /** The epoch in which the power fails, before its checkpoint is written. */
  private static ExperimentObserver powerCutIn(String wanted, int epoch) {
    return new ExperimentObserver() {
      private String stage;

      @Override
      public void onStage(Stage started) {
        stage = started.name();
      }

      @Override
      public void onEpoch(EpochMetrics metrics) {
        if (stage.equals(wanted) && metrics.epoch() == epoch) {
          throw new PowerCut();
        }
      }
    };
  }

  @ParameterizedTest
  @CsvSource({"sgd, cosine, 0", "adam, step, 2"})
  void resumedRunEqualsUninterruptedOneToTheBit(
      String optimizer, String schedule, int batchNormBatches) throws IOException {
    ExperimentConfig config =
        TinyExperiment.with(
            folder,
            "float.epochs=3",
            "training.epochs=4",
            "training.optimizer=" + optimizer,
            "training.schedule=" + schedule,
            "training.stepEpochs=2",
            "training.batchNormBatches=" + batchNormBatches,
            "float.batchNormBatches=" + batchNormBatches,
            "training.warmupEpochs=0.5",
            "training.learningRate=0.002",
            "quantization.offset=real");
    Path whole = folder.resolve("whole");
    Path cut = folder.resolve("cut");
    ExperimentResults expected = TinyExperiment.run(config, whole, StartMode.NEW);

    assertThrows(
        PowerCut.class, () -> Experiment.run(config, cut, StartMode.NEW, powerCutIn("float", 2)));
    assertThrows(
        PowerCut.class, () -> Experiment.run(config, cut, StartMode.RESUME, powerCutIn("W3A3", 3)));
    ExperimentResults resumed = TinyExperiment.run(config, cut, StartMode.RESUME);

    for (String stage : List.of("float", "W3A3")) {
      SameRuns.assertSameModels(whole.resolve(stage), cut.resolve(stage));
    }
    assertSameResults(expected, resumed);
    assertEquals(
        epochLines(whole.resolve("metrics.jsonl")), epochLines(cut.resolve("metrics.jsonl")));
  }

  /** Where the power fails. */
  private enum Cut {
    FIRST_EPOCH,
    END_OF_FLOAT,
    CALIBRATED,
    MIDDLE_EPOCH,
    LAST_EPOCH
  }

  /** The power fails at a point of the float stage or of the second quantized one. */
  private static ExperimentObserver powerCutAt(Cut cut) {
    return new ExperimentObserver() {
      private String stage;

      @Override
      public void onStage(Stage started) {
        stage = started.name();
      }

      @Override
      public void onEpoch(EpochMetrics metrics) {
        int epoch = metrics.epoch();
        failIf(
            cut == Cut.FIRST_EPOCH && stage.equals("W3A3") && epoch == 1
                || cut == Cut.MIDDLE_EPOCH && stage.equals("W3A3") && epoch == 3
                || cut == Cut.LAST_EPOCH && stage.equals("W2A2") && epoch == 4);
      }

      @Override
      public void onCalibrated(double accuracy) {
        failIf(cut == Cut.CALIBRATED && stage.equals("W2A2"));
      }

      @Override
      public void onStageEnd(StageResult result) {
        failIf(cut == Cut.END_OF_FLOAT && stage.equals("float"));
      }
    };
  }

  private static void failIf(boolean fails) {
    if (fails) {
      throw new PowerCut();
    }
  }

  /** Two quantized stages; the power fails in and between all. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "distillation: {teacher: float, temperature: 3, weight: 0.7}",
        "oscillation: {method: freeze, momentum: 0.3, startThreshold: 0.2, endThreshold: 0.1,"
            + " maxBits: 8}",
        "oscillation: {method: dampen, dampening: 0.5, maxBits: 8}",
        "ema: 0.9",
        "{labelSmoothing: 0.1, ema: 0.8, distillation: {teacher: float, weight: 1, labelWeight: 1},"
            + " oscillation: {method: freeze, momentum: 0.3, startThreshold: 0.2,"
            + " endThreshold: 0.1, maxBits: 8}}"
      })
  void extensionsGoOnToTheBit(String extensions) throws IOException {
    ExperimentConfig config =
        TinyExperiment.with(
            folder,
            "training=" + inFlow(extensions),
            "training.epochs=4",
            "training.batch=32",
            "training.learningRate=0.1",
            "runs=[{name: W3A3, weights: 3, inputs: 3}, {name: W2A2, weights: 2, inputs: 2}]");
    Path whole = folder.resolve("whole");
    Path cut = folder.resolve("cut");
    ExperimentResults expected = TinyExperiment.run(config, whole, StartMode.NEW);

    StartMode mode = StartMode.NEW;
    for (Cut point :
        List.of(
            Cut.END_OF_FLOAT, Cut.FIRST_EPOCH, Cut.MIDDLE_EPOCH, Cut.CALIBRATED, Cut.LAST_EPOCH)) {
      StartMode now = mode;
      assertThrows(
          PowerCut.class,
          () -> Experiment.run(config, cut, now, powerCutAt(point)),
          point::toString);
      mode = StartMode.RESUME;
    }
    ExperimentResults resumed = TinyExperiment.run(config, cut, StartMode.RESUME);

    for (String stage : List.of("float", "W3A3", "W2A2")) {
      SameRuns.assertSameModels(whole.resolve(stage), cut.resolve(stage));
    }
    assertSameResults(expected, resumed);
    assertEquals(figures(whole.resolve("metrics.jsonl")), figures(cut.resolve("metrics.jsonl")));
    if (extensions.contains("freeze")) {
      // Else the state would not have mattered.
      assertTrue(frozen(cut, 2) > 0, "weights were frozen before the power failed");
      assertTrue(frozen(cut, 4) > frozen(cut, 2), "and after");
    }
  }

  private static String inFlow(String keys) {
    return keys.startsWith("{") ? keys : "{" + keys + "}";
  }

  /** Number of frozen weights. */
  private static double frozen(Path out, int epoch) {
    return MetricsLog.open(out.resolve("metrics.jsonl"))
        .entry("W3A3", epoch)
        .orElseThrow()
        .oscillations()
        .stream()
        .mapToDouble(layer -> layer.frozen() * layer.weights())
        .sum();
  }

  /** The lines without times. */
  private static List<String> figures(Path metrics) throws IOException {
    return Files.readAllLines(metrics).stream()
        .map(line -> line.replaceAll("\"(seconds|imagesPerSecond)\":[^,]*,", ""))
        .toList();
  }

  private static void assertSameResults(ExperimentResults expected, ExperimentResults actual) {
    assertEquals(expected.runs().size(), actual.runs().size());
    for (int i = 0; i < expected.runs().size(); i++) {
      StageResult left = expected.runs().get(i);
      StageResult right = actual.runs().get(i);
      assertEquals(left.ptqAccuracy(), right.ptqAccuracy());
      assertEquals(left.testAccuracy(), right.testAccuracy());
      assertEquals(left.emaAccuracy(), right.emaAccuracy());
      assertEquals(left.bestEpoch(), right.bestEpoch());
      assertEquals(left.steps(), right.steps());
    }
  }

  /** Stage and epoch of every line: none twice, none missing. */
  private static List<String> epochLines(Path metrics) throws IOException {
    return Files.readAllLines(metrics).stream()
        .map(line -> line.substring(0, line.indexOf(',', line.indexOf("\"epoch\""))))
        .toList();
  }

  @Test
  void finishedStagesAreNotTrainedAgain() throws IOException {
    ExperimentConfig config = TinyExperiment.with(folder, "float.epochs=1", "training.epochs=1");
    Path out = folder.resolve("out");
    ExperimentResults first = TinyExperiment.run(config, out, StartMode.NEW);

    Listener listener = new Listener();
    ExperimentResults second = Experiment.run(config, out, StartMode.RESUME, listener);

    assertEquals(
        List.of("start", "stage float", "end float", "stage W3A3", "end W3A3"), listener.events);
    assertEquals(first.runs(), second.runs());
  }

  @Test
  void anotherConfigurationIsRefusedAndItsKeyNamed() throws IOException {
    Path out = folder.resolve("out");
    ExperimentConfig before = TinyExperiment.with(folder, "float.epochs=1", "runs=[]");
    TinyExperiment.run(before, out, StartMode.NEW);
    byte[] results = Files.readAllBytes(out.resolve("results.json"));

    ExperimentConfig longer = TinyExperiment.with(folder, "float.epochs=2", "runs=[]");
    ConfigException error =
        assertThrows(
            ConfigException.class, () -> TinyExperiment.run(longer, out, StartMode.RESUME));

    assertTrue(error.getMessage().contains("float.epochs was 1, now it is 2"), error::getMessage);
    assertArrayEquals(results, Files.readAllBytes(out.resolve("results.json")));
  }
}
