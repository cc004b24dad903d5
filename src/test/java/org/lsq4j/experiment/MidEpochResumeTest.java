package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.experiment.TinyExperiment.PowerCut;
import org.lsq4j.training.BatchProgress;
import org.lsq4j.training.StopRequest;
import org.lsq4j.training.TrainingStoppedException;

/** A run interrupted after chosen updates ends with the same bits as one that was not. */
class MidEpochResumeTest {

  private static final int BATCHES = 6;

  @TempDir private Path folder;

  /** After an update. */
  private record Place(String stage, int epoch, int batch) {}

  /** Calls something after an update. */
  private static ExperimentObserver at(Place place, Runnable action) {
    return new ExperimentObserver() {
      private String stage;

      @Override
      public void onStage(Stage started) {
        stage = started.name();
      }

      @Override
      public void onBatch(BatchProgress progress) {
        if (place.equals(new Place(stage, progress.epoch(), progress.batch()))) {
          action.run();
        }
      }
    };
  }

  /** First, middle and last updates of epochs, and both sides of the borders of stages. */
  private static final List<Place> PLACES =
      List.of(
          new Place("float", 1, 1),
          new Place("float", 2, BATCHES),
          new Place("W3A3", 1, 1),
          new Place("W3A3", 1, 4),
          new Place("W3A3", 2, 3),
          new Place("W3A3", 3, BATCHES),
          new Place("W2A2", 1, 1),
          new Place("W2A2", 2, 5),
          new Place("W2A2", 3, BATCHES));

  /** The tiny network has dropout and a batch norm. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "optimizer: adam",
        "batchNormBatches: 2, ema: 0.9, optimizer: sgd",
        "distillation: {teacher: float, temperature: 3, weight: 0.7}",
        "oscillation: {method: freeze, momentum: 0.3, startThreshold: 0.2, endThreshold: 0.1,"
            + " maxBits: 8}",
        "oscillation: {method: dampen, dampening: 0.5, maxBits: 8}",
        "labelSmoothing: 0.1, ema: 0.8, batchNormBatches: 1, distillation: {teacher: float, weight:"
            + " 1, labelWeight: 1}, oscillation: {method: freeze, momentum: 0.3, startThreshold:"
            + " 0.2, endThreshold: 0.1, maxBits: 8}"
      })
  void goesOnToTheBit(String training) throws IOException {
    ExperimentConfig config =
        config("training={" + training + "}", "float.checkpoint.iterations=1");
    Path whole = folder.resolve("whole");
    TinyExperiment.run(config, whole, StartMode.NEW);

    Path stopped = folder.resolve("stopped");
    Path cut = folder.resolve("cut");
    for (Place place : PLACES) {
      stop(config, stopped, place);
      // Two updates are lost and done again, or none.
      assertThrows(PowerCut.class, () -> run(config, cut, at(place, MidEpochResumeTest::fail)));
    }
    TinyExperiment.run(config, stopped, StartMode.RESUME);
    TinyExperiment.run(config, cut, StartMode.RESUME);

    SameRuns.assertSame(whole, stopped);
    SameRuns.assertSame(whole, cut);
  }

  private static void fail() {
    throw new PowerCut();
  }

  private ExperimentConfig config(String... more) throws IOException {
    List<String> changes =
        new ArrayList<>(
            List.of(
                "training.epochs=3",
                "training.batch=32",
                "training.learningRate=0.05",
                "training.checkpoint.iterations=2",
                "runs=[{name: W3A3, weights: 3, inputs: 3}, {name: W2A2, weights: 2, inputs: 2}]"));
    changes.addAll(0, List.of(more));
    return TinyExperiment.with(folder, changes.toArray(String[]::new));
  }

  private static void run(ExperimentConfig config, Path out, ExperimentObserver observer) {
    Experiment.run(config, out, StartMode.RESUME, observer);
  }

  private static void stop(ExperimentConfig config, Path out, Place place) {
    StopRequest stop = new StopRequest();
    ExperimentObserver observer = at(place, () -> stop.request("test"));
    TrainingStoppedException error =
        assertThrows(
            TrainingStoppedException.class,
            () -> Experiment.run(config, out, StartMode.RESUME, observer, stop));
    String expected =
        "Stopped by test after %d of %d batches of epoch %d; the checkpoint is written";
    assertEquals(expected.formatted(place.batch(), BATCHES, place.epoch()), error.getMessage());
  }

  /** Graphs have other updaters than chains; Adam's state is laid out by blocks of parameters. */
  @Test
  void aGraphGoesOnToTheBit() throws IOException {
    ExperimentConfig config =
        TinyExperiment.with(
            folder,
            "network={architecture: resnet8}",
            "data.trainLimit=32",
            "data.testLimit=16",
            "float={epochs: 1, batch: 8, learningRate: 0.01, optimizer: adam}",
            "training={epochs: 1, batch: 8, learningRate: 0.01, stepRate: 0.5, optimizer: adam}");
    Path whole = folder.resolve("whole");
    TinyExperiment.run(config, whole, StartMode.NEW);

    Path stopped = folder.resolve("stopped");
    for (String stage : List.of("float", "W3A3")) {
      StopRequest stop = new StopRequest();
      ExperimentObserver observer = at(new Place(stage, 1, 2), () -> stop.request("test"));
      assertThrows(
          TrainingStoppedException.class,
          () -> Experiment.run(config, stopped, StartMode.RESUME, observer, stop));
    }
    TinyExperiment.run(config, stopped, StartMode.RESUME);

    SameRuns.assertSame(whole, stopped);
  }

  @Test
  void theLastFewCheckpointsStay() throws IOException {
    Path out = folder.resolve("out");
    ExperimentConfig alone =
        TinyExperiment.with(
            folder, "float.checkpoint={iterations: 1, keep: 3}", "runs=[]", "float.epochs=2");
    TinyExperiment.run(alone, out, StartMode.NEW);
    assertEquals(
        List.of("iteration-00000010.zip", "iteration-00000011.zip", "iteration-00000012.zip"),
        names(out.resolve("float/checkpoints")));
  }

  private static List<String> names(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
