package org.lsq4j.report.figures;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.lsq4j.report.ReportException;

/**
 * Where the values of a figure come from.
 *
 * @param text a {@link Distribution}, a file of numbers, or {@code MODEL.zip:layer}, with {@code
 *     :input} behind it for what reaches the layer
 * @param center added to every value: the mean of the distributions
 * @param datasets folder of data sets, for inputs of layers
 */
public record DataSource(String text, double center, Path datasets) {

  private static final Pattern LAYER = Pattern.compile("(.+\\.zip):([^:]+?)(?::(weights|input))?");

  /**
   * Draws or reads the values.
   *
   * @param sampling how many, at most
   * @throws ReportException if there are none such
   */
  public FigureData read(Sampling sampling) {
    Optional<Distribution> distribution =
        Arrays.stream(Distribution.values())
            .filter(known -> known.word().equalsIgnoreCase(text))
            .findFirst();
    if (distribution.isPresent()) {
      return distribution.get().draw(center, sampling);
    }
    Matcher layer = LAYER.matcher(text);
    if (layer.matches()) {
      return ofLayer(layer, sampling);
    }
    if (Files.isRegularFile(Path.of(text))) {
      return data(Path.of(text).getFileName().toString(), NumberFile.read(Path.of(text)), sampling);
    }
    throw new ReportException(
        "--distribution "
            + text
            + ": that is neither a file nor one of "
            + Arrays.stream(Distribution.values())
                .map(Distribution::word)
                .collect(Collectors.joining(", "))
            + "; layers of a model are written MODEL.zip:layer or MODEL.zip:layer:input");
  }

  private FigureData ofLayer(Matcher match, Sampling sampling) {
    ModelLayer layer = new ModelLayer(Path.of(match.group(1)), match.group(2));
    return "input".equals(match.group(3))
        ? data(match.group(2) + " input", layer.input(datasets), sampling)
        : data(match.group(2) + " weights", layer.weights(), sampling);
  }

  private FigureData data(String name, double[] values, Sampling sampling) {
    double[] shifted = DoubleStream.of(sampling.choose(values)).map(x -> x + center).toArray();
    return new FigureData(name, shifted);
  }
}
