package org.lsq4j.compute.winograd;

import org.lsq4j.compute.Size2D;

/**
 * Images cut into tiles of 4x4 pixels, and these into strips: whole rows of tiles, as many as make
 * it worth to load the matrices of {@link Products} into registers. The last tiles of a row and of
 * a column may reach beyond the image.
 *
 * @param examples how many images there are
 * @param image size of each
 */
record TileStrips(int examples, Size2D image) {

  private static final int ENOUGH_TILES = 64;

  /**
   * Some rows of tiles of an image.
   *
   * @param example number of the image
   * @param firstRow of pixels
   * @param rows of tiles
   * @param tiles in all rows
   */
  record Strip(int example, int firstRow, int rows, int tiles) {

    /** Rows of pixels. */
    int pixelRows() {
      return rows * TileSizes.RESULT;
    }
  }

  /** Tiles in a row. */
  int across() {
    return divideUp(image.width(), TileSizes.RESULT);
  }

  private int down() {
    return divideUp(image.height(), TileSizes.RESULT);
  }

  /** Rows of tiles of a strip; the last one of an image may have fewer. */
  int rows() {
    return Math.min(down(), divideUp(ENOUGH_TILES, across()));
  }

  private int stripsOfImage() {
    return divideUp(down(), rows());
  }

  /** How many there are. */
  int count() {
    return examples * stripsOfImage();
  }

  Strip strip(int number) {
    int first = number % stripsOfImage() * rows();
    int rows = Math.min(rows(), down() - first);
    return new Strip(number / stripsOfImage(), first * TileSizes.RESULT, rows, rows * across());
  }

  /** The first strip of a task; the one of task {@code tasks} is behind the last. */
  int firstOf(int task, int tasks) {
    return (int) ((long) count() * task / tasks);
  }

  /**
   * Floats from an element of a strip's first tile to the next element of it, in the arrays of
   * transformed tiles: a pixel more than those between are, as distances of powers of 2 would let
   * all elements share few lines of the cache.
   */
  int plane() {
    return (rows() * across() + 1) * Pixels.CHANNELS;
  }

  private static int divideUp(int number, int divisor) {
    return (number + divisor - 1) / divisor;
  }
}
