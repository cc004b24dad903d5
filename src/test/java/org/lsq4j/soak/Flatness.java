package org.lsq4j.soak;

import java.util.List;
import java.util.Locale;
import org.apache.commons.math3.stat.regression.SimpleRegression;

/**
 * Whether a measure stayed where it was in the second half of a run: the growth of the line of
 * least squares through the samples there.
 *
 * @param measure which
 * @param start value of the line in the middle of the run
 * @param growth of the line from there to the end
 * @param hours from there to the end
 */
record Flatness(Measure measure, double start, double growth, double hours) {

  private static final int FEWEST = 4;

  /**
   * Judges the later half of the time.
   *
   * @throws IllegalArgumentException if there are fewer than 4 samples in it
   */
  static Flatness of(Measure measure, List<Samples.Sample> samples) {
    double end = samples.get(samples.size() - 1).hours();
    List<Samples.Sample> half =
        samples.stream().filter(sample -> sample.hours() >= end / 2).toList();
    if (half.size() < FEWEST) {
      throw new IllegalArgumentException(
          "Too few samples in the second half of the run: " + half.size());
    }
    SimpleRegression line = new SimpleRegression();
    half.forEach(sample -> line.addData(sample.hours(), sample.value(measure)));
    double hours = end - half.get(0).hours();
    return new Flatness(measure, line.predict(half.get(0).hours()), line.getSlope() * hours, hours);
  }

  /** Whether the measure grew by no more than it may. */
  boolean isFlat() {
    return growth <= measure.allowedGrowth(hours);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%-11s %9.2f  grew by %+8.3f in %.3f h (allowed: %.1f)  %s",
        measure.column(),
        start,
        growth,
        hours,
        measure.allowedGrowth(hours),
        isFlat() ? "flat" : "NOT FLAT");
  }
}
