package org.lsq4j.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.lsq4j.cli.Table.Column;
import org.lsq4j.experiment.ModelInspection;
import org.lsq4j.experiment.ModelInspection.LayerSummary;
import org.lsq4j.experiment.ModelInspection.QuantizerSummary;
import org.lsq4j.experiment.OnnxInspection;
import org.lsq4j.experiment.PackedInspection;
import org.lsq4j.network.Networks;
import org.lsq4j.training.ModelCard;
import org.lsq4j.training.TrainingState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what is in a model file. */
@Command(
    name = "inspect",
    description = "Shows layers, quantizers, sizes and training of a saved model.",
    footer = {
      "",
      "Examples:",
      "  lsq4j inspect runs/quickstart/W4A4/last.zip",
      "  lsq4j inspect runs/quickstart/W4A4/last.zip --json",
      "  lsq4j inspect w4a4.lsq",
      "  lsq4j inspect w4a4.onnx"
    })
final class InspectCommand implements Callable<Integer> {

  private final Console console;

  @Parameters(
      paramLabel = "MODEL",
      description =
          "A model file: .zip of LSQ4J or DL4J, packed .lsq, .onnx of LSQ4J, .h5 of Keras 2.")
  private Path model;

  @Option(names = "--json", description = "Prints JSON, with the steps of all channels.")
  private boolean json;

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (PackedInspection.isFor(model)) {
      PackedInspection inspection = PackedInspection.of(model);
      console.lines(json ? List.of(inspection.toJson()) : PackedTables.of(inspection));
      return ExitCode.DONE;
    }
    if (OnnxInspection.isFor(model)) {
      OnnxInspection inspection = OnnxInspection.of(model);
      console.lines(json ? List.of(inspection.toJson()) : OnnxTables.of(inspection));
      return ExitCode.DONE;
    }
    ModelInspection inspection = ModelInspection.of(model);
    if (json) {
      console.line(inspection.toJson());
    } else {
      show(inspection);
    }
    return ExitCode.DONE;
  }

  private void show(ModelInspection inspection) {
    console.line(inspection.file());
    console.line("  data      " + describe(inspection.card()));
    console.line("  training  " + describe(inspection.training()));
    console.line(
        Texts.of(
            "  size      %s KB; in float %s KB",
            Texts.kilobytes(inspection.size().bytes()),
            Texts.kilobytes(inspection.size().floatBytes())));
    console.line("");
    console.lines(layers(inspection.layers()));
    if (!inspection.quantizers().isEmpty()) {
      console.line("");
      console.lines(quantizers(inspection.quantizers()));
    }
  }

  private static String describe(ModelCard card) {
    return card == null
        ? "not known: not written by LSQ4J"
        : Texts.of(
            "%s, images of %s, %d classes, normalization %s, %s",
            card.dataset(),
            card.shape(),
            card.classNames().size(),
            Networks.words(card.normalization().kind()),
            Networks.words(card.format()));
  }

  private static String describe(TrainingState state) {
    return state == null
        ? "none by LSQ4J"
        : Texts.of(
            "%s%s, %s; test accuracy %s, best %s after epoch %d",
            Texts.count(state.epochsDone(), "epoch"),
            state.position().batches() == 0
                ? ""
                : " and " + Texts.count(state.position().batches(), "update"),
            Texts.time(state.seconds()),
            Texts.percent(state.lastAccuracy()),
            Texts.percent(state.bestAccuracy()),
            state.bestEpoch());
  }

  private static List<String> layers(List<LayerSummary> layers) {
    Table table = new Table(Column.left("layer"), Column.left("type"), Column.right("parameters"));
    for (LayerSummary layer : layers) {
      table.row(layer.name(), layer.type(), Texts.of("%,d", layer.parameters()));
    }
    return table.lines();
  }

  private static List<String> quantizers(List<QuantizerSummary> quantizers) {
    Table table =
        new Table(
            Column.left("layer"),
            Column.left("role"),
            Column.left("quantizer"),
            Column.right("step"),
            Column.right("offset"),
            Column.right("clipped"));
    for (QuantizerSummary quantizer : quantizers) {
      table.row(
          quantizer.layer(),
          Networks.words(quantizer.role()),
          quantizer.spec().describe(),
          quantizer.initialized() ? Texts.mean(quantizer.step()) : "not calibrated",
          Texts.mean(quantizer.offset()),
          quantizer.clipShare() == null ? "-" : Texts.percent(quantizer.clipShare()));
    }
    return table.lines();
  }
}
