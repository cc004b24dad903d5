package org.lsq4j.report.style;

import java.util.stream.DoubleStream;

/** Bars at any places and of any widths, as the outline of an area chart. From left to right. */
public final class Bars {

  private final DoubleStream.Builder x = DoubleStream.builder();
  private final DoubleStream.Builder y = DoubleStream.builder();

  /** Adds a bar; its left end must not be left of the last one's right end. */
  public Bars add(double left, double right, double height) {
    x.add(left).add(left).add(right).add(right);
    y.add(0).add(height).add(height).add(0);
    return this;
  }

  double[] x() {
    return x.build().toArray();
  }

  double[] y() {
    return y.build().toArray();
  }
}
