package org.lsq4j.compute.winograd;

import java.nio.FloatBuffer;

/** Convolves images with transformed kernels, on several threads. */
final class TileProducts {

  /**
   * The element, in row 1 and column 1, that every pixel of a tile has once: what is added to it is
   * added to all, and its gradient is the sum of theirs.
   */
  static final int BIAS = TileSizes.INPUT + 1;

  /** Enough for threads to end at about the same time. */
  private static final int TASKS = 64;

  private final TileStrips strips;
  private final InputTiles input;
  private final ResultTiles result;
  private final ParallelLoop loop;

  TileProducts(ConvolvedImages images, ParallelLoop loop) {
    strips = new TileStrips(images.examples(), images.output());
    input = new InputTiles(images, strips);
    result = new ResultTiles(strips);
    this.loop = loop;
  }

  /**
   * Writes the results.
   *
   * @param bias of each output channel
   */
  void run(FloatBuffer x, float[] matrices, float[] bias, FloatBuffer y) {
    int tasks = Math.min(TASKS, strips.count());
    loop.run(
        tasks,
        task -> {
          int end = strips.firstOf(task + 1, tasks);
          for (int number = strips.firstOf(task, tasks); number < end; number++) {
            convolve(number, x, matrices, bias, y);
          }
        });
  }

  private void convolve(int number, FloatBuffer x, float[] matrices, float[] bias, FloatBuffer y) {
    TileStrips.Strip strip = strips.strip(number);
    float[] results = results(input.elements(x, strip), strip.tiles(), matrices);
    Products.addToAll(bias, results, BIAS * strips.plane(), strip.tiles());
    result.write(results, y, strip);
  }

  private float[] results(long[] elements, int tiles, float[] matrices) {
    float[] results = result.elements();
    for (int element = 0; element < TileSizes.ELEMENTS; element++) {
      int at = element * strips.plane();
      Products.run(elements, at, matrices, element * Products.MATRIX, results, tiles);
    }
    return results;
  }
}
