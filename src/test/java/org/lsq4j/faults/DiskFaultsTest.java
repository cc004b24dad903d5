package org.lsq4j.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lsq4j.cli.Main;
import org.lsq4j.experiment.SameRuns;

/** Disks that are full, read-only, or give back other bytes than were written. */
class DiskFaultsTest {

  private static final String[] SHORT = {"float.epochs=2", "training.epochs=2"};

  @TempDir private static Path shared;
  private static SmallExperiment experiment;

  /** A run without faults, which stays as it is. */
  private static Path whole;

  private static int exitCode;
  private static ByteArrayOutputStream lastOutput;

  @TempDir private Path folder;

  @BeforeAll
  static void runWithoutFaults() throws IOException {
    experiment = SmallExperiment.in(shared);
    whole = shared.resolve("whole");
    assertEquals("", train(whole));
  }

  /** Resumes, or begins; gives what was printed as errors. */
  private static String train(Path out) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    lastOutput = new ByteArrayOutputStream();
    List<String> arguments = new ArrayList<>(List.of("train"));
    arguments.addAll(experiment.resuming(out, SHORT));
    exitCode =
        Main.run(
            arguments.toArray(String[]::new),
            new PrintStream(lastOutput, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aFullDiskEndsTheRunAndLosesNothing() throws IOException {
    Path place = Files.createDirectory(folder.resolve("disk"));
    long needed = size(whole);
    try (SmallDisk disk = SmallDisk.mount(place, Long.toString(needed / 3))) {
      Path out = place.resolve("out");
      String error = train(out);
      assertEquals(1, exitCode, error);
      assertTrue(error.matches("Error: Cannot write [^\n]*No space left on device\n"), error);

      disk.remount("size=" + 4 * needed);
      assertEquals("", train(out));
      SameRuns.assertSame(whole, out);
    }
  }

  /** Links count once. */
  private static long size(Path run) throws IOException {
    try (var files = Files.walk(run)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> !file.endsWith("last.zip") && !file.endsWith("best.zip"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  @Test
  void aFolderThatBecomesReadOnlyEndsTheRunAndLosesNothing() throws IOException {
    Path out = folder.resolve("out");
    TrainProcess process =
        TrainProcess.start(folder.resolve("log"), experiment.resuming(out, SHORT));
    Path checkpoints = out.resolve("float/checkpoints");
    while (!Files.exists(checkpoints.resolve("iteration-00000003.zip"))) {
      assertTrue(process.isAlive(), process::output);
      TrainProcess.pause(1);
    }
    try (SmallDisk disk = SmallDisk.readOnly(checkpoints)) {
      assertEquals(1, process.exitCode(), process::output);
      assertTrue(
          process.output().matches("(?s).*Error: Cannot write [^\n]*Read-only file system\n"),
          process::output);
      String error = train(out);
      assertEquals(1, exitCode, error);
      assertTrue(error.contains("Read-only file system"), error);
    }
    assertEquals("", train(out));
    SameRuns.assertSame(whole, out);
  }

  /** What may become of a file. */
  private enum Damage {
    FLIPPED_BIT {
      @Override
      byte[] of(byte[] file) {
        file[file.length / 2] ^= 4;
        return file;
      }
    },
    HALF_MISSING {
      @Override
      byte[] of(byte[] file) {
        return Arrays.copyOf(file, file.length / 2);
      }
    },
    ZEROS {
      @Override
      byte[] of(byte[] file) {
        return new byte[file.length];
      }
    },
    EMPTY {
      @Override
      byte[] of(byte[] file) {
        return new byte[0];
      }
    };

    abstract byte[] of(byte[] file);
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void theCheckpointBeforeADamagedOneIsUsed(Damage damage) throws IOException {
    Path out = folder.resolve("out");
    copy(whole, out);
    List<Path> checkpoints = checkpoints(out.resolve("W2A2"));
    Path newest = checkpoints.get(checkpoints.size() - 1);
    spoil(newest, damage);
    assertEquals("", train(out));
    List<String> warnings =
        lastOutput
            .toString(StandardCharsets.UTF_8)
            .lines()
            .filter(line -> line.contains("Warning"))
            .toList();
    assertEquals(1, warnings.size(), lastOutput::toString);
    assertTrue(warnings.get(0).contains(newest.toString()), warnings::toString);
    assertTrue(
        warnings.get(0).endsWith("going on from " + checkpoints.get(checkpoints.size() - 2)),
        warnings::toString);
    SameRuns.assertSame(whole, out);
  }

  @Test
  void withAllDamagedTheRunDoesNotBeginAnew() throws IOException {
    Path out = folder.resolve("out");
    copy(whole, out);
    List<Path> all = new ArrayList<>(checkpoints(out.resolve("W2A2")));
    all.add(out.resolve("W2A2/last.zip"));
    all.add(out.resolve("W2A2/best.zip"));
    for (Path file : all) {
      spoil(file, Damage.ZEROS);
    }
    String error = train(out);
    assertEquals(2, exitCode);
    assertTrue(error.startsWith("Error: " + all.get(1)), error);
  }

  /** Into the file as it is: its other names, which copying made files of their own, stay whole. */
  private static void spoil(Path file, Damage damage) throws IOException {
    Files.write(file, damage.of(Files.readAllBytes(file)), StandardOpenOption.TRUNCATE_EXISTING);
  }

  private static List<Path> checkpoints(Path stage) throws IOException {
    try (var files = Files.list(stage.resolve("checkpoints"))) {
      return files.sorted(Comparator.naturalOrder()).toList();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  /** Lines of the metrics that a process did not finish writing. */
  @Test
  void aTornLineOfMetricsIsCutOff() throws IOException {
    Path out = folder.resolve("out");
    copy(whole, out);
    Path metrics = out.resolve("metrics.jsonl");
    byte[] bytes = Files.readAllBytes(metrics);
    byte[] torn = Arrays.copyOf(bytes, bytes.length + 9);
    System.arraycopy("{\"stage\":".getBytes(StandardCharsets.UTF_8), 0, torn, bytes.length, 9);
    Files.write(metrics, torn);
    assertEquals("", train(out));
    SameRuns.assertSame(whole, out);
  }
}
