package org.lsq4j.compute.onednn;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Tiles of tensors whose channels come last. A row is all channels of one pixel, or of several if
 * these are few; where an image ends does not matter.
 */
final class FlatTiles extends TensorTiles {

  /** Bytes that are worth a thread. */
  private static final int LEAST = 1 << 16;

  /** Smaller tensors are cut into smaller tiles, down to {@link #LEAST}. */
  private static final int ENOUGH_TILES = 16;

  /** Large tensors begin with a page of so many bytes. */
  private static final int PAGE = 1 << 12;

  private final int rows;

  private final int rowsPerTile;

  FlatTiles(INDArray x, int shift) {
    super(x, Math.max(LEAST_WIDTH, Math.toIntExact(x.size(3))), 1, shift);
    rows = Math.toIntExact(x.length() / width());
    int wanted = Math.max(LEAST, Math.min(MOST, rows / ENOUGH_TILES * rowBytes()));
    rowsPerTile = apart(rowsIn(wanted));
  }

  /**
   * About as many rows, in sequences that begin a quarter of a page more than whole pages apart. In
   * whole pages, all that a loop loads and stores in a turn would have the same place in a page,
   * which takes up to a fifth longer: presumably as the processor takes a load for one of what was
   * just stored by that place, and waits.
   */
  private int apart(int rowsOfTile) {
    int bytes = (rowsOfTile >> shift()) * rowBytes();
    boolean isOnlyOne = shift() == 0;
    return isOnlyOne || bytes < PAGE
        ? rowsOfTile
        : (bytes / PAGE * PAGE + (PAGE >> shift())) / rowBytes() << shift();
  }

  @Override
  int rowsIn(int bytes) {
    return Math.max(1, bytes / rowBytes() >> shift()) << shift();
  }

  @Override
  int count() {
    return (rows + rowsPerTile - 1) / rowsPerTile;
  }

  @Override
  Tile tile(int index) {
    int firstRow = index * rowsPerTile;
    int size = Math.min(rowsPerTile, rows - firstRow);
    boolean isWhole = size % (1 << shift()) == 0;
    return new Tile(
        firstRow * rowBytes(),
        size,
        width(),
        0,
        isWhole ? new Tile.Sequences(shift(), (size >> shift()) * rowBytes()) : Tile.Sequences.ONE);
  }

  @Override
  int column(int tile) {
    return 0;
  }

  @Override
  int channel(int column, int place) {
    return place % channels();
  }
}
