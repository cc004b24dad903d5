package org.lsq4j.cli;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.lsq4j.data.NormalizationKind;
import org.lsq4j.experiment.ModelEvaluation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Evaluates a saved model. */
@Command(
    name = "evaluate",
    description = "Tells the test accuracy of a saved model.",
    footer = {
      "",
      "Examples:",
      "  lsq4j evaluate runs/quickstart/W4A4/last.zip --data fashion-mnist-mini",
      "  lsq4j evaluate float.zip --data mnist --normalization unit",
      "  lsq4j evaluate resnet8.h5 --data cifar10 --normalization none",
      "  lsq4j evaluate w4a4.lsq --data fashion-mnist-mini"
    })
final class EvaluateCommand implements Callable<Integer> {

  private final Console console;

  @Parameters(
      paramLabel = "MODEL",
      description = "A model file: .zip of LSQ4J or DL4J, packed .lsq, .h5 of Keras 2.")
  private Path model;

  @Option(
      names = "--data",
      paramLabel = "NAME",
      required = true,
      description = "A data set; \"lsq4j data list\" names them.")
  private String data;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      defaultValue = "data",
      description = "Where data sets lie; ${DEFAULT-VALUE} if not given.")
  private Path folder;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "256",
      description = "Images computed at a time; ${DEFAULT-VALUE} if not given.")
  private int batch;

  @Option(
      names = "--normalization",
      paramLabel = "KIND",
      description =
          "How pixels are scaled: standardize, unit or none. Needed for models that LSQ4J has not"
              + " written; others know it.")
  private Optional<NormalizationKind> normalization = Optional.empty();

  EvaluateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    ModelEvaluation evaluation =
        ModelEvaluation.of(new ModelEvaluation.Request(model, data, folder, batch, normalization));
    console.line(
        Texts.of(
            "accuracy %s on %,d test images of %s, %s",
            Texts.percent(evaluation.accuracy()),
            evaluation.images(),
            data,
            Texts.time(evaluation.seconds())));
    return ExitCode.DONE;
  }
}
