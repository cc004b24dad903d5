package org.lsq4j.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.lsq4j.cli.Table.Column;
import org.lsq4j.experiment.MixedPrecision;
import org.lsq4j.experiment.ModelSensitivity;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.training.LayerSensitivity;
import org.lsq4j.training.PredictionScore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Ranks the layers of a saved float model by what they lose at few bits. */
@Command(
    name = "sensitivity",
    description = {
      "Tells which layers of a float model suffer from few bits: each goes to them alone, without"
          + " training, on training images. With a budget it suggests bits for every layer."
    },
    footer = {
      "",
      "Examples:",
      "  lsq4j sensitivity runs/quickstart/float/last.zip --data fashion-mnist-mini --bits 2",
      "  lsq4j sensitivity float.zip --data cifar10 --bits 4,3,2 --budget 3 --json bits.json"
    })
final class SensitivityCommand implements Callable<Integer> {

  private final Console console;

  @Parameters(paramLabel = "FLOAT_MODEL", description = "A model file (.zip) of LSQ4J or DL4J.")
  private Path model;

  @Mixin private DataOptions options;

  @Option(
      names = "--bits",
      paramLabel = "N",
      required = true,
      split = ",",
      description =
          "Bits of weights and input that every layer is tried with; several with commas.")
  private List<Integer> bits;

  @Option(
      names = "--from",
      paramLabel = "N",
      defaultValue = "8",
      description =
          "Bits of the layers that are not tried, or 32 for float; ${DEFAULT-VALUE} if not given.")
  private int from;

  @Option(
      names = "--images",
      paramLabel = "N",
      defaultValue = "1024",
      description = "Training images to measure on; ${DEFAULT-VALUE} if not given.")
  private int images;

  @Option(
      names = "--budget",
      paramLabel = "BITS",
      description = "Suggests bits for every layer with so many in the mean over all weights.")
  private Optional<Double> budget = Optional.empty();

  @Option(
      names = "--per-channel",
      description = "Weights have a step for each output channel, not one for the layer.")
  private boolean perChannel;

  @Option(names = "--json", paramLabel = "FILE", description = "Writes everything to a JSON file.")
  private Optional<Path> json = Optional.empty();

  SensitivityCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Granularity granularity = perChannel ? Granularity.PER_CHANNEL : Granularity.PER_TENSOR;
    ModelSensitivity.Request request =
        new ModelSensitivity.Request(
            model,
            options.data(),
            options.folder(),
            options.normalization(),
            bits,
            from,
            granularity,
            images,
            budget,
            json);
    ModelSensitivity result;
    try {
      result =
          ModelSensitivity.of(
              request,
              layer -> console.status(Texts.of("%s at %d bits", layer.layer(), layer.bits())));
    } finally {
      console.status("");
    }
    show(result);
    return ExitCode.DONE;
  }

  private void show(ModelSensitivity result) {
    String rest =
        result.restBits() == Float.SIZE ? "all in float" : "all at " + result.restBits() + " bits";
    console.line(
        Texts.of(
            "%s on %,d training images of %s; untrained, %s: %s",
            result.model(), result.images(), result.data(), rest, describe(result.rest())));
    for (int width : bits) {
      console.line("");
      console.line(Texts.of("one layer at %d bits, the one that loses most first", width));
      console.lines(
          table(result.layers().stream().filter(layer -> layer.bits() == width).toList()));
    }
    if (result.mixed() != null) {
      show(result.mixed());
    }
    json.ifPresent(file -> console.line("written to " + file));
  }

  private static String describe(PredictionScore score) {
    return Texts.of("accuracy %s, loss %.4f", Texts.percent(score.accuracy()), score.loss());
  }

  private static List<String> table(List<LayerSensitivity> layers) {
    Table table =
        new Table(
            Column.left("layer"),
            Column.right("weights"),
            Column.right("accuracy"),
            Column.right("lost"),
            Column.right("loss added"),
            Column.right("logit error"));
    for (LayerSensitivity layer : layers) {
      table.row(
          layer.layer(),
          Texts.of("%,d", layer.weights()),
          Texts.percent(layer.score().accuracy()),
          Texts.of("%.2f", 100 * layer.accuracyLost()),
          Texts.of("%+.4f", layer.lossAdded()),
          Texts.of("%.3f", layer.logitError()));
    }
    return table.lines();
  }

  private void show(MixedPrecision mixed) {
    console.line("");
    console.line(
        Texts.of(
            "suggested: %.2f bits in the mean over all weights; untrained %s",
            mixed.meanBits(), describe(mixed.score())));
    console.lines(mixed.yaml());
  }
}
