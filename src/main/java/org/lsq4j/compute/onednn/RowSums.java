package org.lsq4j.compute.onednn;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import org.lsq4j.compute.BatchNormTensors;
import org.nd4j.linalg.api.ndarray.INDArray;

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

  /** The means and the sums of squared deviations from them of a tensor's tiles. */
  static RowSums moments(INDArray tensor) {
    ByteBuffer x = JoinedNorm.bytes(tensor);
    TensorTiles tiles = new TensorTiles(tensor);
    RowSums found = new RowSums(tiles);
    tiles.forEach((tile, index) -> NormLoops.moments(x, tile, found.of(index)));
    Reference.reachabilityFence(tensor);
    return found;
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
  private double[] variance(double[] mean) {
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
