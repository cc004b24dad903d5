package org.lsq4j.compute.onednn;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Tensors of one shape [N, H, W, C] and one layout, cut into tiles by these only. A tile is made of
 * rows, which have all channels of one pixel or more, or the same ones of several pixels. Tiles
 * whose rows are of the same channels are a column.
 */
abstract class TensorTiles {

  /** Bytes of the largest tile: its sequences are long enough to fetch ahead. */
  static final int MOST = 1 << 18;

  /**
   * Sequences of a tile as a power of 2. AMD's processors fetch ahead in one as fast as in several,
   * and read several tensors in four sequences at half that speed: presumably as their first cache
   * has place for no more than 8 lines that lie whole pages apart.
   */
  private static final int SHIFT = ProcessorVendor.current() == ProcessorVendor.AMD ? 0 : 2;

  /** Floats in a row of few channels. */
  static final int LEAST_WIDTH = 32;

  /** Bytes of a tensor that several loops go over: those of all tensors stay in the cache. */
  private static final int PART = 1 << 12;

  private final int channels;
  private final int pixels;
  private final int width;
  private final int columns;
  private final int shift;

  /** Work on a tile or a part of it. */
  @FunctionalInterface
  interface Work {
    /**
     * Does it.
     *
     * @param index of the tile
     */
    void run(Tile tile, int index);
  }

  /**
   * Those of tensors of a shape.
   *
   * @param width floats in a row
   * @param columns how many rows have all channels
   * @param shift sequences of a tile as a power of 2
   */
  TensorTiles(INDArray x, int width, int columns, int shift) {
    channels = Math.toIntExact(x.size(3));
    pixels = Math.toIntExact(x.length() / channels);
    this.width = width;
    this.columns = columns;
    this.shift = shift;
  }

  /** The tiles of tensors of a shape that lie in memory in one way. */
  static TensorTiles of(INDArray x, Layout layout) {
    return layout == Layout.CHANNEL_BLOCKS ? new BlockTiles(x, SHIFT) : new FlatTiles(x, SHIFT);
  }

  static boolean fits(INDArray x) {
    return x.rank() == 4
        && x.length() <= FloatMemory.MAX_LENGTH
        && isCutInRows(x.size(3), x.length())
        && DenseTensors.isRowMajor(x);
  }

  private static boolean isCutInRows(long channels, long length) {
    return channels > LEAST_WIDTH
        ? channels % NormLoops.LANES == 0
        : LEAST_WIDTH % channels == 0 && length % LEAST_WIDTH == 0;
  }

  int channels() {
    return channels;
  }

  int pixels() {
    return pixels;
  }

  /** Floats in a row. */
  int width() {
    return width;
  }

  int rowBytes() {
    return width * Float.BYTES;
  }

  int columns() {
    return columns;
  }

  int shift() {
    return shift;
  }

  /** How many tiles there are. */
  abstract int count();

  abstract Tile tile(int index);

  abstract int column(int tile);

  /** The channel of a place in a column's rows. */
  abstract int channel(int column, int place);

  /** The rows of so many bytes, in whole turns of all sequences. */
  abstract int rowsIn(int bytes);

  /** How many tiles a thread takes one after the other. */
  int tilesPerTask() {
    return 1;
  }

  /** The channels of all columns' rows. */
  int[] channelsOfRows() {
    int[] found = new int[columns * width];
    Arrays.setAll(found, i -> channel(i / width, i % width));
    return found;
  }

  /** A number for each channel, at each of its places in the rows of all columns. */
  float[] inRows(IntToDoubleFunction value) {
    int[] channelsOfRows = channelsOfRows();
    float[] values = new float[channelsOfRows.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) value.applyAsDouble(channelsOfRows[i]);
    }
    return values;
  }

  void forEach(Work work) {
    int count = count();
    int size = tilesPerTask();
    Workers.run(
        (count + size - 1) / size,
        task -> {
          for (int index = task * size; index < Math.min(count, (task + 1) * size); index++) {
            work.run(tile(index), index);
          }
        });
  }

  /** Runs several loops over each part of each tile, so that all but the first find it cached. */
  void forEachPart(Work work) {
    int size = rowsIn(PART);
    forEach(
        (tile, index) -> {
          for (int row = 0; row < tile.rows(); row += size) {
            work.run(tile.part(row, Math.min(size, tile.rows() - row)), index);
          }
        });
  }
}
