package org.lsq4j.report.figures;

import org.lsq4j.report.style.Bars;

/** The data's density in bins of equal width. */
final class Histogram {

  private static final int BINS = 90;
  // A bin that is so much higher than all others, as the zeros behind a ReLU, would flatten them.
  private static final double OUTSTANDING = 3;
  private static final double ROOM = 1.12;

  private final double lowest;
  private final double width;
  private final double[] density = new double[BINS];

  Histogram(FigureData data) {
    lowest = data.lowest();
    width = (data.highest() - lowest) / BINS;
    for (double value : data.values()) {
      int bin = Math.min((int) ((value - lowest) / width), BINS - 1);
      density[bin] += 1 / (data.count() * width);
    }
  }

  /** Where the axis of densities ends: above all bins but an outstanding one. */
  double top() {
    double highest = 0;
    double second = 0;
    for (double value : density) {
      second = Math.max(second, Math.min(highest, value));
      highest = Math.max(highest, value);
    }
    return ROOM * (highest > OUTSTANDING * second && second > 0 ? OUTSTANDING * second : highest);
  }

  /** Whether a bin is cut off at {@link #top}. */
  boolean isCut() {
    double top = top();
    for (double value : density) {
      if (value > top) {
        return true;
      }
    }
    return false;
  }

  private double edge(int bin) {
    return lowest + bin * width;
  }

  /** All bins. */
  Bars bars() {
    return outside(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
  }

  /** The parts of the bins that are below {@code low} or above {@code high}. */
  Bars outside(double low, double high) {
    // A chart refuses a series without points, and the legend shall name it in every frame.
    Bars bars = new Bars().add(lowest, lowest, 0);
    double top = top();
    for (int bin = 0; bin < BINS; bin++) {
      double left = edge(bin);
      double right = edge(bin + 1);
      double height = Math.min(density[bin], top);
      if (left < low) {
        bars.add(left, Math.min(right, low), height);
      }
      if (right > high) {
        bars.add(Math.max(left, Math.max(high, low)), right, height);
      }
    }
    return bars;
  }
}
