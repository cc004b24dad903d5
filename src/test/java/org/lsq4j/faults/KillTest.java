package org.lsq4j.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.experiment.SameRuns;

/**
 * Real processes are killed at random moments, from the start of Java to the last file, and resumed
 * to the end: it is the one of a process that was not killed, bit for bit. The moments have a seed.
 *
 * <p>{@code -Dlsq4j.kills=50} sets how many; {@code mvn verify -Pfaults} does that.
 */
class KillTest {

  private static final int KILLS = Integer.getInteger("lsq4j.kills", 3);
  private static final long SEED = Long.getLong("lsq4j.seed", 1);

  @TempDir private Path folder;

  @BeforeEach
  void needsSignals() {
    assumeFalse(
        System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows"),
        "no signals on Windows");
  }

  @Test
  void killedRunsEndAsTheOthers() throws IOException {
    SmallExperiment experiment = SmallExperiment.in(folder);
    Path whole = folder.resolve("whole");
    long started = System.nanoTime();
    TrainProcess process =
        TrainProcess.start(folder.resolve("whole.log"), experiment.resuming(whole));
    assertEquals(0, process.exitCode(), process::output);
    long milliseconds = (System.nanoTime() - started) / 1_000_000;

    SplittableRandom random = new SplittableRandom(SEED);
    int killed = 0;
    for (int i = 0; killed < KILLS; i++) {
      assertTrue(i < 3 * KILLS, "most runs ended before they could be killed");
      long moment = random.nextLong(milliseconds);
      Path out = folder.resolve("run-" + i);
      boolean wasKilled = killAfter(moment, out, experiment);
      killed += wasKilled ? 1 : 0;
      System.out.printf(
          Locale.ROOT,
          "kill %d of %d after %d ms: %s%n",
          killed,
          KILLS,
          moment,
          wasKilled ? place(out) : "had ended");
      finish(out, experiment);
      SameRuns.assertSame(whole, out);
      delete(out);
    }
  }

  private boolean killAfter(long moment, Path out, SmallExperiment experiment) {
    TrainProcess process = TrainProcess.start(log(out), experiment.resuming(out));
    TrainProcess.pause(moment);
    boolean inTime = process.isAlive();
    process.signal("KILL");
    process.exitCode();
    return inTime;
  }

  private static void finish(Path out, SmallExperiment experiment) {
    TrainProcess process = TrainProcess.start(log(out), experiment.resuming(out));
    assertEquals(0, process.exitCode(), process::output);
    assertFalse(process.output().contains("damaged"), process::output);
  }

  private static Path log(Path out) {
    return out.resolveSibling(out.getFileName() + ".log");
  }

  /** The stages begun. */
  private static String place(Path out) throws IOException {
    StringBuilder text = new StringBuilder("killed with");
    for (String stage : new String[] {"float", "W3A3", "W2A2"}) {
      Path recent = out.resolve(stage).resolve("checkpoints");
      if (Files.isDirectory(recent)) {
        try (var files = Files.list(recent)) {
          text.append(' ').append(stage).append(files.sorted().map(Path::getFileName).toList());
        }
      }
    }
    return text.toString();
  }

  private static void delete(Path out) throws IOException {
    try (var files = Files.walk(out)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
