package org.lsq4j.report.figures;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.lsq4j.quantizer.StepAndOffset;
import org.lsq4j.report.text.Numbers;

/**
 * A figure and what each of its settings gives.
 *
 * @param figure the figure
 * @param measurements one for each setting of its sweep
 */
public record MeasuredFigure(Figure figure, List<Measurement> measurements) {

  /**
   * How far the mean of the dequantized values may be from the data's, in standard deviations of
   * the data, and still count as returned.
   */
  static final double TOLERANCE = 0.05;

  private static final double FINEST_STEPS = 5;

  /** Copies the measurements. */
  public MeasuredFigure {
    measurements = List.copyOf(measurements);
  }

  /** Quantizes the data with every setting. */
  public static MeasuredFigure of(Figure figure) {
    return new MeasuredFigure(
        figure,
        figure.sweep().settings().stream()
            .map(setting -> Measurement.of(figure, setting))
            .toList());
  }

  /** How values of the data are written. */
  Numbers values() {
    return Numbers.ofSpread(figure.data().spread());
  }

  /** How steps and offsets are written: with the digits that tell the smallest step. */
  Numbers settings() {
    double finest =
        figure.sweep().settings().stream().mapToDouble(StepAndOffset::step).min().orElseThrow();
    return Numbers.ofSpread(Math.min(figure.data().spread(), FINEST_STEPS * finest));
  }

  /** The first setting's. */
  public Measurement first() {
    return measurements.get(0);
  }

  /** The last setting's. */
  public Measurement last() {
    return measurements.get(measurements.size() - 1);
  }

  /** The measurements of the key frames. */
  public List<Measurement> key() {
    return figure.keyFrames().stream().map(measurements::get).toList();
  }

  /** The setting of least error. */
  public Measurement best() {
    return measurements.stream().min(Comparator.comparingDouble(Measurement::error)).orElseThrow();
  }

  /**
   * Whether dequantizing returns the data to its center: the mean of xHat is within {@link
   * #TOLERANCE} of the mean of x.
   */
  public boolean returns(Measurement measurement) {
    double moved = Math.abs(measurement.meanValue() - figure.data().mean());
    return moved <= TOLERANCE * figure.data().spread();
  }

  /**
   * The longest part of the sweep, setting after setting, in which dequantizing returns the data to
   * its center; empty if there is none.
   */
  public List<Measurement> returning() {
    int longestFrom = 0;
    int longestTo = 0;
    int from = 0;
    for (int i : IntStream.range(0, measurements.size()).toArray()) {
      if (!returns(measurements.get(i))) {
        from = i + 1;
      } else if (i + 1 - from > longestTo - longestFrom) {
        longestFrom = from;
        longestTo = i + 1;
      }
    }
    return measurements.subList(longestFrom, longestTo);
  }
}
