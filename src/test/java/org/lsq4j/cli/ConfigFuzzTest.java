package org.lsq4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.experiment.ConfigReader;
import org.lsq4j.experiment.Experiment;
import org.lsq4j.experiment.ExperimentConfig;
import picocli.CommandLine;

/**
 * Starts experiments with mutations of every shipped configuration: each can begin with its first
 * batch, or there is an error of one line. All are read and checked; those that are valid and new
 * also load their data and build and convert their networks, up to a number. {@code
 * -Dlsq4j.fuzz.configs=100000} tries more of them; the Maven profile {@code fuzz} does.
 */
class ConfigFuzzTest {

  private static final int MUTANTS = Integer.getInteger("lsq4j.fuzz.configs", 2_000);
  private static final int MOST_STARTS = Integer.getInteger("lsq4j.fuzz.starts", 25);
  private static final long SEED = Long.getLong("lsq4j.fuzz.seed", 1);
  private static final long LONGEST_READ_NANOS = 5_000_000_000L;

  private static final int MOST_FAILURES = 20;

  private static List<String> shipped;

  @TempDir private Path folder;

  private final Set<String> started = new HashSet<>();

  @BeforeAll
  static void read() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("configs"))) {
      shipped = files.sorted().map(ConfigFuzzTest::text).toList();
    }
    assertTrue(shipped.size() > 20, "shipped configurations");
  }

  /** On data that is in the program, as the others are on few machines. */
  private static String text(Path file) {
    try {
      return Files.readString(file)
          .replace(
              "name: cifar10\n", "name: fashion-mnist-mini\n  trainLimit: 300\n  testLimit: 50\n");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void mutationsStartOrAreErrorsOfOneLine() throws IOException {
    Path file = folder.resolve("mutant.yaml");
    List<String> failures = new ArrayList<>();
    int valid = 0;
    for (long mutant = 0; mutant < MUTANTS; mutant++) {
      Random random = new Random(SEED * 1_000_003 + mutant);
      byte[] bytes = YamlMutation.of(shipped.get(random.nextInt(shipped.size())), random);
      Files.write(file, bytes);
      try {
        valid += isValid(file) ? 1 : 0;
      } catch (RuntimeException | Error e) {
        Path kept = Files.write(Path.of("target", "mutant-" + mutant + ".yaml"), bytes);
        failures.add("mutant " + mutant + " of seed " + SEED + ", kept in " + kept + ": " + e);
      }
      if (failures.size() == MOST_FAILURES) {
        break;
      }
    }
    assertEquals("", String.join("\n", failures));
    System.out.printf(
        "%d mutated configurations: %d valid, %d begun%n", MUTANTS, valid, started.size());
    assertTrue(valid > MUTANTS / 20 && valid < MUTANTS * 4 / 5, valid + " of " + MUTANTS);
  }

  private boolean isValid(Path file) {
    long begun = System.nanoTime();
    try {
      ExperimentConfig config = ConfigReader.read(file, List.of());
      assertTrue(System.nanoTime() - begun < LONGEST_READ_NANOS, "takes too long");
      if (started.size() < MOST_STARTS && started.add(essence(config))) {
        Experiment.check(config);
      }
      return true;
    } catch (Exception e) {
      requireOneLine(e);
      return false;
    }
  }

  /** What decides about the data and networks that are made. */
  private static String essence(ExperimentConfig config) {
    return config.data() + " " + config.network() + " " + config.quantization() + config.runs();
  }

  private static void requireOneLine(Exception e) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintWriter err = new PrintWriter(bytes, true, StandardCharsets.UTF_8);
    CommandLine command = new CommandLine(CommandLine.Model.CommandSpec.create()).setErr(err);
    new Errors().handleExecutionException(e, command, null);
    String shown = bytes.toString(StandardCharsets.UTF_8);
    boolean isClear =
        shown.lines().count() == 1
            && !shown.contains("fault of the program")
            && !shown.matches("(?s)Error: (.*: )?null\\s*")
            && shown.length() < 2_000;
    if (!isClear) {
      throw new IllegalStateException(shown, e);
    }
  }

  @Test
  void whereAnErrorCameFromIsShownOnRequestOnly() {
    for (String[] arguments :
        new String[][] {
          {"train", "none.yaml", "--stacktrace"}, {"--stacktrace", "train", "none.yaml"}
        }) {
      CommandLineRun run = CommandLineRun.of(arguments);
      assertEquals(2, run.exitCode());
      assertTrue(run.err().contains("\tat org.lsq4j.experiment.ConfigReader"), run.err());
    }
    assertEquals(1, CommandLineRun.of("train", "none.yaml").err().lines().count());
  }

  @Test
  void updatesMustBeCountable() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("long.yaml"),
            """
            name: long
            data: {name: fashion-mnist-mini}
            network: {architecture: small-cnn}
            float: {epochs: 2000000000, learningRate: 0.1}
            """);

    CommandLineRun run =
        CommandLineRun.of("train", file.toString(), "--out", folder.resolve("long").toString());

    assertEquals(2, run.exitCode());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains("epochs: 2,000,000,000 epochs are"), run.err());
  }

  @Test
  void unchangedOnesAreValid() throws IOException {
    for (String text : shipped) {
      Path file = Files.writeString(folder.resolve("whole.yaml"), text);
      ConfigReader.read(file, List.of());
    }
  }

  @Test
  void aliasesCannotExplode() throws IOException {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      bomb.append("a").append(i).append(": &a").append(i).append(" [");
      bomb.append(("*a" + (i - 1) + ", ").repeat(9)).append("*a").append(i - 1).append("]\n");
    }
    Path file = Files.writeString(folder.resolve("bomb.yaml"), bomb);

    CommandLineRun run = CommandLineRun.of("train", file.toString());

    assertEquals(2, run.exitCode());
    assertEquals(1, run.err().lines().count(), run.err());
  }

  @Test
  void nothingButDataIsMadeOfYaml() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("tag.yaml"),
            "name: !!javax.script.ScriptEngineManager [!!java.net.URL [\"http://127.0.0.1:9\"]]\n");

    CommandLineRun run = CommandLineRun.of("train", file.toString());

    assertEquals(2, run.exitCode());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains("name: must be text"), run.err());
  }

  @Test
  void hugeFilesAreRefusedUnread() throws IOException {
    Path file = folder.resolve("huge.yaml");
    Files.writeString(file, "#" + "x".repeat(11 << 20));

    CommandLineRun run = CommandLineRun.of("train", file.toString());

    assertEquals(2, run.exitCode());
    assertTrue(run.err().contains("MB, and a configuration has at most"), run.err());
  }
}
