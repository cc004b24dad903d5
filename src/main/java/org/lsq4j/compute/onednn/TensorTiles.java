package org.lsq4j.compute.onednn;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Tensors of one shape [N, H, W, C] and one layout, cut into tiles by these only. A tile is made of
 * rows of {@link NormLoops#ROW} floats. Rows whose floats are of the same channels are a column.
 */
abstract class TensorTiles {

  /** Bytes of the largest tile, in all columns: its sequences are long enough to fetch ahead. */
  static final int MOST = 1 << 18;

  /**
   * Sequences of a tile as a power of 2. AMD's processors fetch ahead in one as fast as in several,
   * and read several tensors in four sequences at half that speed: presumably as their first cache
   * has place for no more than 8 lines that lie whole pages apart.
   */
  private static final int SHIFT = ProcessorVendor.current() == ProcessorVendor.AMD ? 0 : 2;

  static final int ROW_BYTES = NormLoops.ROW * Float.BYTES;

  /** Bytes of a tensor that several loops go over: those of all tensors stay in the cache. */
  private static final int PART = 1 << 12;

  private final int channels;
  private final int pixels;
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
   * @param shift sequences of a tile as a power of 2
   */
  TensorTiles(INDArray x, int columns, int shift) {
    channels = Math.toIntExact(x.size(3));
    pixels = Math.toIntExact(x.length() / channels);
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
        && x.length() % NormLoops.ROW == 0
        && (NormLoops.ROW % x.size(3) == 0 || x.size(3) % NormLoops.ROW == 0)
        && DenseTensors.isRowMajor(x);
  }

  int channels() {
    return channels;
  }

  int pixels() {
    return pixels;
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
    int[] found = new int[columns * NormLoops.ROW];
    Arrays.setAll(found, i -> channel(i / NormLoops.ROW, i % NormLoops.ROW));
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
