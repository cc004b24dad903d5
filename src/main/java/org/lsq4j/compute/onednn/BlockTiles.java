package org.lsq4j.compute.onednn;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Tiles of tensors in blocks of 16 channels. A row is two neighbouring pixels of a block, and a
 * sequence the rows of a block of one image, or some of them. What comes behind a sequence in
 * memory is in the next tile, so that fetching ahead goes on from tile to tile.
 */
final class BlockTiles extends TensorTiles {

  private static final int PIXELS_OF_ROW = LEAST_WIDTH / NormLoops.LANES;

  /** Tiles that a thread takes one after the other, where there are enough. */
  private static final int TILES_OF_TASK = 8;

  private static final int ENOUGH_TASKS = 8;

  private final int rowsPerImage;
  private final int rowsPerSequence;
  private final int ranges;
  private final int groups;

  BlockTiles(INDArray x, int mostShift) {
    super(x, LEAST_WIDTH, Math.toIntExact(x.size(3) / NormLoops.LANES), shiftFor(x, mostShift));
    if (!fits(x.size(0), x.size(3), x.size(1), x.size(2))) {
      throw new IllegalArgumentException(
          "a tensor of shape "
              + Arrays.toString(x.shape())
              + " in blocks: the channels, which come last, must be a multiple of "
              + LEAST_WIDTH
              + ", and an image's pixels one of "
              + PIXELS_OF_ROW);
    }
    int images = Math.toIntExact(x.size(0));
    rowsPerImage = pixels() / images / PIXELS_OF_ROW;
    rowsPerSequence = Math.min(rowsPerImage, MOST / rowBytes() >> mostShift);
    ranges = (rowsPerImage + rowsPerSequence - 1) / rowsPerSequence;
    groups = images >> shift();
  }

  /** Sequences are in images of their own. */
  private static int shiftFor(INDArray x, int mostShift) {
    return Math.min(mostShift, Long.numberOfTrailingZeros(x.size(0)));
  }

  /** Whether a tensor of sizes [N, C, H, W], whatever its layout now, can be cut in blocks. */
  static boolean fits(long... nchw) {
    return nchw.length == 4 && nchw[1] % LEAST_WIDTH == 0 && nchw[2] * nchw[3] % PIXELS_OF_ROW == 0;
  }

  @Override
  int count() {
    return groups * columns() * ranges;
  }

  @Override
  Tile tile(int index) {
    int range = index % ranges;
    int block = index / ranges;
    int size = Math.min(rowsPerSequence, rowsPerImage - range * rowsPerSequence);
    return new Tile(
        (block * rowsPerImage + range * rowsPerSequence) * rowBytes(),
        size << shift(),
        width(),
        column(index) * LEAST_WIDTH,
        new Tile.Sequences(shift(), groups * columns() * rowsPerImage * rowBytes()));
  }

  @Override
  int column(int tile) {
    return tile / ranges % columns();
  }

  @Override
  int channel(int column, int place) {
    return column * NormLoops.LANES + place % NormLoops.LANES;
  }

  @Override
  int rowsIn(int bytes) {
    return Math.max(1, bytes / rowBytes() >> shift()) << shift();
  }

  @Override
  int tilesPerTask() {
    return Math.max(1, Math.min(TILES_OF_TASK, count() / ENOUGH_TASKS));
  }
}
