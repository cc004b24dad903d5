package org.lsq4j.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.lsq4j.experiment.Benchmark;
import org.lsq4j.experiment.ConfigException;
import org.lsq4j.experiment.TurnBenchmark;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures training steps when it is told to. */
@Command(
    name = "turns",
    description = {
      "Measures training steps of a built-in network when it is told to, so that it can take turns"
          + " with other programs. Each line of the standard input says how many steps to train;"
          + " the answer is a line of JSON. Ends where the input ends."
    },
    footer = {"", "Example: printf '40\\n20\\n' | lsq4j bench turns --precision float"})
final class BenchTurnsCommand implements Callable<Integer> {

  private final Console console;

  @Mixin private BenchOptions options;

  @Mixin private BenchTraining training;

  @Option(
      names = "--precision",
      paramLabel = "KIND",
      defaultValue = "quantized",
      description = "float or quantized; ${DEFAULT-VALUE} if not given.")
  private Benchmark.Precision precision;

  BenchTurnsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    TurnBenchmark.Request request =
        new TurnBenchmark.Request(
            options.network(), options.batch(), training.bits(), precision, training.engine());
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (TurnBenchmark benchmark = TurnBenchmark.open(request)) {
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        console.line(benchmark.turn(steps(line)).toJsonLine());
      }
    }
    return ExitCode.DONE;
  }

  private static int steps(String line) {
    try {
      int steps = Integer.parseInt(line.strip());
      if (steps >= 1) {
        return steps;
      }
    } catch (NumberFormatException e) {
      // Told below, as numbers are that are too small.
    }
    throw new ConfigException(
        "standard input: a line must be a number of steps, 1 or more, got '" + line + "'");
  }
}
