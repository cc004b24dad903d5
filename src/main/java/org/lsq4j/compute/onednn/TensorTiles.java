package org.lsq4j.compute.onednn;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A tensor, channels last, cut into tiles by its shape only. A tile is made of rows of {@link
 * NormLoops#ROW} floats: some channels of one pixel, or all channels of several pixels.
 */
final class TensorTiles {

  /** Bytes of the largest tile, in all columns: its sequences are long enough to fetch ahead. */
  private static final int MOST = 1 << 18;

  /** Bytes that are worth a thread. */
  private static final int LEAST = 1 << 16;

  /** Smaller tensors are cut into smaller tiles, down to {@link #LEAST}. */
  private static final int ENOUGH_TILES = 16;

  /** Bytes of a tensor that several loops go over: those of all tensors stay in the cache. */
  private static final int PART = 1 << 12;

  /** Bytes of a page of memory; large tensors begin with one. */
  private static final int PAGE = 1 << 12;

  /** Sequences of a tile as a power of 2. */
  private static final int SHIFT = 2;

  private static final int ROW_BYTES = NormLoops.ROW * Float.BYTES;

  private final int channels;
  private final int pixels;

  /** Rows beside each other: more than one where a pixel has more channels than a row. */
  private final int columns;

  private final int rows;
  private final int rowsPerTile;
  private final int rowsPerPart;
  private final int count;

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

  TensorTiles(INDArray x) {
    channels = Math.toIntExact(x.size(3));
    pixels = Math.toIntExact(x.length() / channels);
    columns = Math.max(1, channels / NormLoops.ROW);
    rows = Math.toIntExact(x.length() / NormLoops.ROW / columns);
    int wanted = Math.max(LEAST, Math.min(MOST, rows / ENOUGH_TILES * columns * ROW_BYTES));
    // The columns of some rows are read one after the other, from the cache if they are few.
    rowsPerTile = apart(turns(wanted));
    rowsPerPart = turns(PART);
    count = (rows + rowsPerTile - 1) / rowsPerTile * columns;
  }

  /** The rows of so many bytes, in whole turns of all sequences. */
  private int turns(int bytes) {
    return Math.max(1, bytes / ROW_BYTES / columns >> SHIFT) << SHIFT;
  }

  /**
   * About as many rows, in sequences that begin a quarter of a page more than whole pages apart. In
   * whole pages, all that a loop loads and stores in a turn would have the same place in a page,
   * which takes up to a fifth longer: presumably as the processor takes a load for one of what was
   * just stored by that place, and waits.
   */
  private int apart(int rowsOfTile) {
    int perPage = PAGE / ROW_BYTES / columns;
    int perSequence = rowsOfTile >> SHIFT;
    return perPage >> SHIFT == 0 || perSequence < perPage
        ? rowsOfTile
        : perSequence / perPage * perPage + (perPage >> SHIFT) << SHIFT;
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

  /** How many tiles there are. */
  int count() {
    return count;
  }

  int rowsOf(int tile) {
    return Math.min(rowsPerTile, rows - tile / columns * rowsPerTile);
  }

  /** The channel of a place in a tile's rows. */
  int channel(int tile, int place) {
    return (tile % columns * NormLoops.ROW + place) % channels;
  }

  void forEach(Work work) {
    Workers.run(count, index -> work.run(tile(index), index));
  }

  /** Runs several loops over each part of each tile, so that all but the first find it cached. */
  void forEachPart(Work work) {
    forEach(
        (tile, index) -> {
          for (int row = 0; row < tile.rows(); row += rowsPerPart) {
            work.run(tile.part(row, Math.min(rowsPerPart, tile.rows() - row)), index);
          }
        });
  }

  private Tile tile(int index) {
    int column = index % columns;
    int stride = columns * ROW_BYTES;
    int first = index / columns * rowsPerTile * stride + column * ROW_BYTES;
    return new Tile(
        first, rowsOf(index), stride, column * NormLoops.ROW, sequences(rowsOf(index), stride));
  }

  private static Tile.Sequences sequences(int rowsOfTile, int stride) {
    boolean isWhole = rowsOfTile % (1 << SHIFT) == 0;
    return isWhole ? new Tile.Sequences(SHIFT, (rowsOfTile >> SHIFT) * stride) : Tile.Sequences.ONE;
  }
}
