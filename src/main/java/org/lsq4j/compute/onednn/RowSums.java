package org.lsq4j.compute.onednn;

/** Two sums for each place in a row of each tile. */
final class RowSums {

  private final TensorTiles tiles;
  private final float[] first;
  private final float[] second;

  RowSums(TensorTiles tiles) {
    this.tiles = tiles;
    first = new float[tiles.count() * NormLoops.ROW];
    second = new float[tiles.count() * NormLoops.ROW];
  }

  NormLoops.Sums of(int tile) {
    return new NormLoops.Sums(first, second, tile * NormLoops.ROW);
  }

  /** The first sums of each channel, added in order. */
  double[] first() {
    return total(first);
  }

  /** The second ones. */
  double[] second() {
    return total(second);
  }

  private double[] total(float[] parts) {
    double[] total = new double[tiles.channels()];
    for (int i = 0; i < parts.length; i++) {
      total[channel(i)] += parts[i];
    }
    return total;
  }

  private int channel(int index) {
    return tiles.channel(index / NormLoops.ROW, index % NormLoops.ROW);
  }

  /**
   * The mean of each channel, if the first numbers are the tiles' means.
   *
   * @return of each channel
   */
  double[] mean() {
    double[] mean = new double[tiles.channels()];
    for (int i = 0; i < first.length; i++) {
      mean[channel(i)] += (double) first[i] * tiles.rowsOf(i / NormLoops.ROW);
    }
    return divided(mean);
  }

  /**
   * The population variance of each channel, if the second numbers are the tiles' sums of squared
   * deviations from their means.
   *
   * @param mean of each channel
   */
  double[] variance(double[] mean) {
    // From the common mean, not from 0: squares of large numbers would leave no digits.
    double[] squares = new double[tiles.channels()];
    for (int i = 0; i < second.length; i++) {
      double deviation = first[i] - mean[channel(i)];
      squares[channel(i)] += second[i] + deviation * deviation * tiles.rowsOf(i / NormLoops.ROW);
    }
    return divided(squares);
  }

  private double[] divided(double[] sums) {
    for (int channel = 0; channel < sums.length; channel++) {
      sums[channel] /= tiles.pixels();
    }
    return sums;
  }
}
