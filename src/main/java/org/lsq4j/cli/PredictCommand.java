package org.lsq4j.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.lsq4j.experiment.ImagePrediction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Classifies image files. */
@Command(
    name = "predict",
    description = "Tells what a saved or exported model takes images for.",
    footer = {
      "",
      "Images of another size are scaled to the model's; colours become grey if it takes grey.",
      "",
      "Example:",
      "  lsq4j predict w4a4.lsq shirt.png sandal.png"
    })
final class PredictCommand implements Callable<Integer> {

  private final Console console;

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "A model file of LSQ4J (.zip, packed .lsq, .onnx).")
  private Path model;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "IMAGE",
      description = "Image files: PNG, JPEG, GIF or BMP.")
  private List<Path> images;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "3",
      description = "How many classes to name; ${DEFAULT-VALUE} if not given.")
  private int top;

  PredictCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    for (ImagePrediction prediction : ImagePrediction.of(model, images, top)) {
      String ranking =
          prediction.ranking().stream()
              .map(guess -> Texts.of("%s %.3f", guess.name(), guess.score()))
              .collect(Collectors.joining(", "));
      console.line(prediction.image() + ": " + ranking);
    }
    return ExitCode.DONE;
  }
}
