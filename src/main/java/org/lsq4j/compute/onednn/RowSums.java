package org.lsq4j.compute.onednn;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Function;
import org.lsq4j.compute.BatchNormTensors;
import org.lsq4j.compute.FormedTensor;

/** Two sums for each place in a row of each tile. */
final class RowSums {

  private final TensorTiles tiles;
  private final NormLoops.Sums[] sums;

  RowSums(TensorTiles tiles) {
    this.tiles = tiles;
    sums = new NormLoops.Sums[tiles.count()];
  }

  /** The means and the sums of squared deviations from them of a tensor's tiles. */
  static RowSums moments(FormedTensor tensor) {
    ByteBuffer x = Relayout.bytes(tensor.array());
    TensorTiles tiles = TensorTiles.of(tensor.array(), Layout.of(tensor.form()));
    RowSums found = new RowSums(tiles);
    NormLoops loops = NormLoops.of(tiles);
    tiles.forEach((tile, index) -> loops.moments(x, tile, found.of(index)));
    Reference.reachabilityFence(tensor);
    return found;
  }

  /**
   * Those of a tile, 0 in the beginning. Whoever works on the tile makes them: the arrays of two
   * threads have no common lines of the cache.
   */
  NormLoops.Sums of(int tile) {
    if (sums[tile] == null) {
      sums[tile] = new NormLoops.Sums(new float[tiles.width()], new float[tiles.width()]);
    }
    return sums[tile];
  }

  /** The first sums of each channel, added in order. */
  double[] first() {
    return total(NormLoops.Sums::first);
  }

  /** The second ones. */
  double[] second() {
    return total(NormLoops.Sums::second);
  }

  private double[] total(Function<NormLoops.Sums, float[]> part) {
    double[] total = new double[tiles.channels()];
    forEachPlace((channel, place, tile) -> total[channel] += part.apply(sums[tile])[place]);
    return total;
  }

  /** Writes the statistics of each channel, if these are {@link #moments}. */
  void write(BatchNormTensors tensors) {
    double[] mean = mean();
    DenseTensors.write(mean, tensors.mean());
    DenseTensors.write(variance(mean), tensors.variance());
  }

  /**
   * The mean of each channel, if the first numbers are the tiles' means.
   *
   * @return of each channel
   */
  private double[] mean() {
    double[] mean = new double[tiles.channels()];
    int[] rows = rowsOfTiles();
    forEachPlace(
        (channel, place, tile) -> mean[channel] += (double) sums[tile].first()[place] * rows[tile]);
    return divided(mean);
  }

  /**
   * The population variance of each channel, if the second numbers are the tiles' sums of squared
   * deviations from their means.
   *
   * @param mean of each channel
   */
  private double[] variance(double[] mean) {
    // From the common mean, not from 0: squares of large numbers would leave no digits.
    double[] squares = new double[tiles.channels()];
    int[] rows = rowsOfTiles();
    forEachPlace(
        (channel, place, tile) -> {
          double deviation = sums[tile].first()[place] - mean[channel];
          squares[channel] += sums[tile].second()[place] + deviation * deviation * rows[tile];
        });
    return divided(squares);
  }

  private int[] rowsOfTiles() {
    int[] rows = new int[tiles.count()];
    Arrays.setAll(rows, tile -> tiles.tile(tile).rows());
    return rows;
  }

  /** What is done with two sums of a tile. */
  @FunctionalInterface
  private interface Taker {
    void take(int channel, int place, int tile);
  }

  private void forEachPlace(Taker taker) {
    int[] channels = tiles.channelsOfRows();
    for (int tile = 0; tile < tiles.count(); tile++) {
      int column = tiles.column(tile) * tiles.width();
      for (int place = 0; place < tiles.width(); place++) {
        taker.take(channels[column + place], place, tile);
      }
    }
  }

  private double[] divided(double[] sums) {
    for (int channel = 0; channel < sums.length; channel++) {
      sums[channel] /= tiles.pixels();
    }
    return sums;
  }
}
