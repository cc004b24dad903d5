package org.lsq4j.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.lsq4j.cli.Table.Column;
import org.lsq4j.experiment.Benchmark;
import org.lsq4j.experiment.BenchmarkResult;
import org.lsq4j.experiment.MeasuredSteps;
import org.lsq4j.experiment.StepTimes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures training steps. */
@Command(
    name = "bench",
    description = {
      "Measures training steps of a built-in network on random images, and then with some more"
          + " steps where their time goes."
    },
    footer = {
      "",
      "Examples:",
      "  lsq4j bench",
      "  lsq4j bench --network mobilenet-0.25 --batch 32 --bits 4",
      "  lsq4j bench --precision quantized --engine nd4j --json"
    })
final class BenchCommand implements Callable<Integer> {

  private final Console console;

  @Mixin private BenchOptions options;

  @Mixin private BenchTraining training;

  @Option(
      names = "--precision",
      paramLabel = "KIND",
      defaultValue = "both",
      description = "float, quantized or both; ${DEFAULT-VALUE} if not given.")
  private Benchmark.Precision precision;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "20",
      description = "Measured steps; ${DEFAULT-VALUE} if not given.")
  private int steps;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "40",
      description = "Steps before them that do not count; ${DEFAULT-VALUE} if not given.")
  private int warmup;

  @Option(names = "--json", description = "Prints JSON.")
  private boolean json;

  BenchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    BenchmarkResult result =
        Benchmark.run(
            new Benchmark.Request(
                options.network(),
                options.batch(),
                training.bits(),
                precision,
                steps,
                warmup,
                training.engine()));
    if (json) {
      console.line(result.toJson());
    } else {
      show(result);
    }
    return ExitCode.DONE;
  }

  private void show(BenchmarkResult result) {
    console.line(
        Texts.of(
            "%s, batches of %d, engine %s, %s, median of %s",
            result.network(),
            result.batch(),
            result.engine(),
            Texts.count(result.threads(), "thread"),
            Texts.count(result.steps(), "step")));
    console.line("");
    console.lines(table(result).lines());
    if (result.peakMemoryMegabytes() != null) {
      console.line("");
      console.line(Texts.of("peak memory %,.0f MB", result.peakMemoryMegabytes()));
    }
    steps(result).forEach(this::showProfile);
  }

  private void showProfile(String precision, MeasuredSteps steps) {
    console.line("");
    console.lines(ProfileTable.of(precision, steps.profile()));
  }

  /** What was measured, by the name of the precision. */
  private static Map<String, MeasuredSteps> steps(BenchmarkResult result) {
    Map<String, MeasuredSteps> steps = new LinkedHashMap<>();
    if (result.floatSteps() != null) {
      steps.put("float", result.floatSteps());
    }
    if (result.quantized() != null) {
      steps.put(Texts.of("W%dA%d", result.bits(), result.bits()), result.quantized());
    }
    return steps;
  }

  private static Table table(BenchmarkResult result) {
    Table table =
        new Table(
            Column.left("precision"),
            Column.right("ms a step"),
            Column.right("min"),
            Column.right("max"),
            Column.right("images/s"),
            Column.right("forward"),
            Column.right("backward"),
            Column.right("update"));
    steps(result).forEach((precision, steps) -> row(table, precision, steps.times()));
    return table;
  }

  private static void row(Table table, String precision, StepTimes times) {
    table.row(
        precision,
        Texts.millis(times.stepMillis()),
        Texts.millis(times.minMillis()),
        Texts.millis(times.maxMillis()),
        Texts.of("%,.0f", times.imagesPerSecond()),
        part(times.forwardMillis(), times),
        part(times.backwardMillis(), times),
        part(times.updateMillis(), times));
  }

  private static String part(double millis, StepTimes whole) {
    return Texts.of("%s (%.0f %%)", Texts.millis(millis), 100 * millis / whole.stepMillis());
  }
}
