package org.lsq4j.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.lsq4j.experiment.ConfigReader;
import org.lsq4j.experiment.ModelQuantization;
import org.lsq4j.experiment.StartMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Converts and calibrates a saved float model. */
@Command(
    name = "quantize",
    description = "Quantizes a saved float model without training: converts and calibrates it.",
    footer = {
      "",
      "Example:",
      "  lsq4j quantize runs/quickstart/float/last.zip --config configs/quickstart.yaml \\",
      "      --run W4A4 --out w4a4.zip"
    })
final class QuantizeCommand implements Callable<Integer> {

  private final Console console;

  @Parameters(
      paramLabel = "FLOAT_MODEL",
      description = "A model file: .zip of LSQ4J or DL4J, .h5 of Keras 2.")
  private Path model;

  @Option(
      names = "--config",
      paramLabel = "CONFIG",
      required = true,
      description = "An experiment, a YAML file: its data, calibration and one of its runs count.")
  private Path config;

  @Option(
      names = "--set",
      paramLabel = "PATH=VALUE",
      description = "Changes a value of the experiment, as in runs.0.weights=3. May be repeated.")
  private List<String> overrides = List.of();

  @Option(
      names = "--run",
      paramLabel = "NAME",
      description = "Which run says how to quantize; the first if not given.")
  private Optional<String> run = Optional.empty();

  @Option(
      names = "--out",
      paramLabel = "MODEL",
      required = true,
      description = "File for the quantized model.")
  private Path out;

  @Option(names = "--overwrite", description = "Replaces MODEL if it is there.")
  private boolean overwrite;

  QuantizeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    StartMode mode = overwrite ? StartMode.OVERWRITE : StartMode.NEW;
    ModelQuantization done =
        ModelQuantization.of(
            new ModelQuantization.Request(
                model, ConfigReader.read(config, overrides), run, out, mode));
    console.line("run " + done.run());
    console.lines(LayerTable.of(done.decisions()));
    done.warnings().forEach(warning -> console.line("Warning: " + warning));
    console.line(
        Texts.of(
            "accuracy %s without training (PTQ); float %s",
            Texts.percent(done.accuracy()), Texts.percent(done.floatAccuracy())));
    console.line(
        Texts.of(
            "size %s KB; float %s KB",
            Texts.kilobytes(done.size().bytes()), Texts.kilobytes(done.size().floatBytes())));
    console.line("written to " + out);
    return ExitCode.DONE;
  }
}
