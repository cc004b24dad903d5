package org.lsq4j.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.lsq4j.cli.Table.Column;
import org.lsq4j.experiment.InferenceBenchmark;
import org.lsq4j.experiment.InferenceResult;
import org.lsq4j.experiment.InferenceResult.RuntimeTimes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures predictions. */
@Command(
    name = "inference",
    description = {
      "Measures predictions of a built-in network: packed models, and ONNX Runtime with all its"
          + " optimisations: the W8A8 model that export writes, one with quantizers everywhere, as"
          + " ONNX Runtime's own static quantization places them, and a float one. They take turns;"
          + " the last columns say how many times as fast as each of these."
    },
    footer = {
      "",
      "Examples:",
      "  lsq4j bench inference",
      "  lsq4j bench inference --network mobilenet-0.25 --batch 1 --threads 2 --bits 8,4 --json"
    })
final class BenchInferenceCommand implements Callable<Integer> {

  private final Console console;

  @Mixin private BenchOptions options;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads of each runtime; ${DEFAULT-VALUE} if not given.")
  private int threads;

  @Option(
      names = "--bits",
      paramLabel = "N,...",
      split = ",",
      defaultValue = "8,4",
      description =
          "Bits of weights and inputs of packed models, 2 to 8, but 8 in the first and last layer;"
              + " ${DEFAULT-VALUE} if not given.")
  private List<Integer> bits;

  @Option(
      names = "--backend",
      paramLabel = "NAME,...",
      split = ",",
      defaultValue = "onednn,java",
      description = "Backends of packed models; ${DEFAULT-VALUE} if not given.")
  private List<String> backends;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "15",
      description = "Turns of each runtime; ${DEFAULT-VALUE} if not given.")
  private int rounds;

  @Option(
      names = "--turn",
      paramLabel = "MS",
      defaultValue = "100",
      description = "Milliseconds of a turn, at least; ${DEFAULT-VALUE} if not given.")
  private int turnMillis;

  @Option(names = "--json", description = "Prints JSON.")
  private boolean json;

  BenchInferenceCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    InferenceResult result =
        InferenceBenchmark.run(
            new InferenceBenchmark.Request(
                options.network(), options.batch(), threads, bits, backends, rounds, turnMillis));
    if (json) {
      console.line(result.toJson());
    } else {
      show(result);
    }
    return ExitCode.DONE;
  }

  private void show(InferenceResult result) {
    console.line(
        Texts.of(
            "%s, batches of %,d, %s, median of %s; ONNX: opset %d",
            result.network(),
            result.batch(),
            Texts.count(result.threads(), "thread"),
            Texts.count(result.rounds(), "round"),
            result.opset()));
    console.line("");
    console.lines(table(result).lines());
  }

  private static Table table(InferenceResult result) {
    Table table =
        new Table(
            Column.left("runtime"),
            Column.left("precision"),
            Column.right("ms a batch"),
            Column.right("min"),
            Column.right("max"),
            Column.right("images/s"),
            Column.right("x ONNX W8A8"),
            Column.right("x everywhere"),
            Column.right("x float"));
    for (RuntimeTimes times : result.runtimes()) {
      table.row(
          times.runtime(),
          times.precision(),
          Texts.of("%,.3f", times.batchMillis()),
          Texts.of("%,.3f", times.minMillis()),
          Texts.of("%,.3f", times.maxMillis()),
          Texts.of("%,.0f", times.imagesPerSecond()),
          Texts.of("%.2f", times.versusExported()),
          Texts.of("%.2f", times.versusEverywhere()),
          Texts.of("%.2f", times.versusFloat()));
    }
    return table;
  }
}
