package org.lsq4j.report.figures;

import org.apache.commons.math3.stat.StatUtils;
import org.lsq4j.report.ReportException;

/**
 * Values that a figure quantizes, with a name for its title. Immutable; {@link #values} gives the
 * array itself, which nobody may change.
 */
public final class FigureData {

  private final String name;
  private final double[] values;
  private final double mean;
  private final double spread;
  private final double lowest;
  private final double highest;

  /**
   * Takes over the array.
   *
   * @param name as the user names the data
   * @param values finite numbers, at least two different ones
   * @throws ReportException if they are not
   */
  public FigureData(String name, double[] values) {
    for (double value : values) {
      if (!Double.isFinite(value)) {
        throw new ReportException(name + ": figures need finite values, got " + value);
      }
    }
    this.name = name;
    this.values = values;
    this.mean = StatUtils.mean(values);
    this.spread = Math.sqrt(StatUtils.populationVariance(values));
    this.lowest = StatUtils.min(values);
    this.highest = StatUtils.max(values);
    if (!(highest > lowest)) {
      throw new ReportException(
          name + ": figures need at least two different values, got " + describe(values));
    }
  }

  private static String describe(double[] values) {
    return values.length == 0 ? "none" : values.length + " times " + values[0];
  }

  /** Name of the data. */
  public String name() {
    return name;
  }

  /** The values. */
  double[] values() {
    return values;
  }

  /** Number of values. */
  public int count() {
    return values.length;
  }

  /** Their mean. */
  public double mean() {
    return mean;
  }

  /** Their population standard deviation. */
  public double spread() {
    return spread;
  }

  /** The smallest value. */
  public double lowest() {
    return lowest;
  }

  /** The largest value. */
  public double highest() {
    return highest;
  }
}
