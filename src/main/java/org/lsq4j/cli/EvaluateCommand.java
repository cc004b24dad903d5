package org.lsq4j.cli;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.lsq4j.experiment.ModelComparison;
import org.lsq4j.experiment.ModelEvaluation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
      "  lsq4j evaluate w4a4.lsq --data fashion-mnist-mini",
      "  lsq4j evaluate w4a4.onnx --data fashion-mnist-mini",
      "  lsq4j evaluate w4a4.lsq --data fashion-mnist-mini --against runs/quickstart/W4A4/best.zip"
    })
final class EvaluateCommand implements Callable<Integer> {

  private final Console console;

  @Parameters(
      paramLabel = "MODEL",
      description =
          "A model file: .zip of LSQ4J or DL4J, packed .lsq, .onnx of LSQ4J, .h5 of Keras 2.")
  private Path model;

  @Mixin private DataOptions options;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "256",
      description = "Images computed at a time; ${DEFAULT-VALUE} if not given.")
  private int batch;

  @Option(
      names = "--against",
      paramLabel = "MODEL",
      description =
          "Another form of the model. Lists every image that both take for different things, and the"
              + " first layer whose codes differ.")
  private Optional<Path> against = Optional.empty();

  EvaluateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    ModelEvaluation.Request request =
        new ModelEvaluation.Request(
            model, options.data(), options.folder(), batch, options.normalization());
    ModelEvaluation evaluation = ModelEvaluation.of(request);
    console.line(
        Texts.of(
            "accuracy %s on %,d test images of %s, %s",
            Texts.percent(evaluation.accuracy()),
            evaluation.images(),
            options.data(),
            Texts.time(evaluation.seconds())));
    against.ifPresent(
        other -> console.lines(ComparisonTable.of(other, ModelComparison.of(request, other))));
    return ExitCode.DONE;
  }
}
