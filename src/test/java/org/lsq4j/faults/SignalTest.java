package org.lsq4j.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lsq4j.experiment.SameRuns;

/** Signals to a process that trains. */
@DisabledOnOs(OS.WINDOWS)
class SignalTest {

  @TempDir private static Path shared;
  private static SmallExperiment experiment;

  /** A run without signals. */
  private static Path whole;

  @TempDir private Path folder;

  /**
   * Without further checkpoints of its own, so that the one of the signal is the only one. The
   * signal meets the float network.
   */
  private static final String[] NO_CHECKPOINTS = {
    "float.epochs=3",
    "training.epochs=1",
    "float.checkpoint.iterations=0",
    "training.checkpoint.iterations=0",
    "data.trainLimit=2048"
  };

  @BeforeAll
  static void runUndisturbed() throws IOException {
    experiment = SmallExperiment.in(shared);
    whole = shared.resolve("whole");
    TrainProcess undisturbed =
        TrainProcess.start(shared.resolve("log"), experiment.resuming(whole, NO_CHECKPOINTS));
    assertEquals(0, undisturbed.exitCode(), undisturbed::output);
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "INT, 130", "HUP, 129"})
  void writesACheckpointAndEnds(String signal, int exitCode) throws IOException {
    Path out = folder.resolve("out");
    TrainProcess process =
        TrainProcess.start(folder.resolve("log"), experiment.resuming(out, NO_CHECKPOINTS));
    process.awaitOutput("epoch  1/3");
    process.signal(signal);
    assertEquals(exitCode, process.exitCode(), process::output);
    assertTrue(
        process.output().contains("SIG" + signal + ": writing a checkpoint"), process::output);
    assertTrue(
        process
            .output()
            .matches(
                "(?s).*Stopped by SIG"
                    + signal
                    + " after \\d+ of 64 batches of epoch [23]; the"
                    + " checkpoint is written; --resume goes on\n"),
        process::output);

    TrainProcess resumed =
        TrainProcess.start(folder.resolve("log2"), experiment.resuming(out, NO_CHECKPOINTS));
    assertEquals(0, resumed.exitCode(), resumed::output);
    SameRuns.assertSame(whole, out);
  }

  /** One update takes many seconds here. */
  @Test
  void theSecondCtrlCEndsAtOnce() throws IOException {
    Path out = folder.resolve("out");
    TrainProcess process =
        TrainProcess.start(
            folder.resolve("log"),
            experiment.resuming(
                out,
                "network={architecture: resnet20}",
                "data.trainLimit=4096",
                "float.batch=2048",
                "training.batch=2048",
                "runs=[]"));
    process.awaitOutput("float:");
    TrainProcess.pause(1000);
    process.signal("INT");
    process.awaitOutput("SIGINT: writing a checkpoint");
    process.signal("INT");
    assertTrue(process.endsWithin(Duration.ofSeconds(5)), process::output);
    assertEquals(130, process.exitCode(), process::output);
    assertFalse(process.output().contains("Stopped by"), process::output);
    assertEquals(List.of(), checkpoints(out));
  }

  private static List<Path> checkpoints(Path out) throws IOException {
    Path recent = out.resolve("float/checkpoints");
    if (!Files.isDirectory(recent)) {
      return List.of();
    }
    try (var files = Files.list(recent)) {
      return files.filter(file -> file.toString().endsWith(".zip")).toList();
    }
  }
}
