package org.lsq4j.compute.winograd;

import static org.lsq4j.compute.winograd.Pixels.CHANNELS;
import static org.lsq4j.compute.winograd.Pixels.PAIR;
import static org.lsq4j.compute.winograd.Pixels.constant;
import static org.lsq4j.compute.winograd.Pixels.load;
import static org.lsq4j.compute.winograd.Pixels.storePairs;

import jdk.incubator.vector.FloatVector;

/**
 * B' d B: 6x6 pixels to as many elements, in rows of tiles.
 *
 * @param columns of pixels
 * @param tiles in a row
 * @param plane floats from an element of a tile to the next one
 */
record InputTransform(int columns, int tiles, int plane) {

  /** Floats of the memory that some rows of tiles need. */
  int half(int rows) {
    return rows * TileSizes.INPUT * columns * CHANNELS;
  }

  /**
   * Transforms columns and then rows.
   *
   * @param rows of tiles
   * @param half memory
   * @param elements pairs of channels
   */
  void run(int rows, float[] pixels, float[] half, long[] elements) {
    transformColumns(rows, pixels, half);
    transformRows(rows, half, elements);
  }

  private void transformColumns(int rows, float[] pixels, float[] half) {
    FloatVector two = constant(2);
    FloatVector four = constant(4);
    FloatVector minusTwo = constant(-2);
    FloatVector minusFour = constant(-4);
    int row = columns * CHANNELS;
    for (int r = 0; r < rows; r++) {
      int first = r * TileSizes.RESULT * row;
      int to = r * TileSizes.INPUT * row;
      for (int k = 0; k < row; k += CHANNELS) {
        int i = first + k;
        int o = to + k;
        FloatVector d1 = load(pixels, i + row);
        FloatVector d2 = load(pixels, i + 2 * row);
        FloatVector d3 = load(pixels, i + 3 * row);
        FloatVector d4 = load(pixels, i + 4 * row);
        FloatVector even = minusFour.fma(d2, d4);
        FloatVector odd = minusFour.fma(d1, d3);
        even.add(odd).intoArray(half, o + row);
        even.sub(odd).intoArray(half, o + 2 * row);
        FloatVector outer = d4.sub(d2);
        FloatVector inner = d3.sub(d1);
        two.fma(inner, outer).intoArray(half, o + 3 * row);
        minusTwo.fma(inner, outer).intoArray(half, o + 4 * row);
        four.fma(load(pixels, i).sub(d2), outer).intoArray(half, o);
        FloatVector last = load(pixels, i + 5 * row).sub(d3);
        minusFour.fma(inner, last).intoArray(half, o + 5 * row);
      }
    }
  }

  private void transformRows(int rows, float[] half, long[] elements) {
    FloatVector two = constant(2);
    FloatVector four = constant(4);
    FloatVector minusTwo = constant(-2);
    FloatVector minusFour = constant(-4);
    int step = plane / PAIR;
    for (int line = 0; line < rows * TileSizes.INPUT; line++) {
      int first = line * columns * CHANNELS;
      int to =
          line % TileSizes.INPUT * TileSizes.INPUT * step
              + line / TileSizes.INPUT * tiles * CHANNELS / PAIR;
      for (int tile = 0; tile < tiles; tile++) {
        int i = first + tile * TileSizes.RESULT * CHANNELS;
        int o = to + tile * CHANNELS / PAIR;
        FloatVector d1 = load(half, i + CHANNELS);
        FloatVector d2 = load(half, i + 2 * CHANNELS);
        FloatVector d3 = load(half, i + 3 * CHANNELS);
        FloatVector d4 = load(half, i + 4 * CHANNELS);
        FloatVector even = minusFour.fma(d2, d4);
        FloatVector odd = minusFour.fma(d1, d3);
        storePairs(even.add(odd), elements, o + step);
        storePairs(even.sub(odd), elements, o + 2 * step);
        FloatVector outer = d4.sub(d2);
        FloatVector inner = d3.sub(d1);
        storePairs(two.fma(inner, outer), elements, o + 3 * step);
        storePairs(minusTwo.fma(inner, outer), elements, o + 4 * step);
        storePairs(four.fma(load(half, i).sub(d2), outer), elements, o);
        FloatVector last = load(half, i + 5 * CHANNELS).sub(d3);
        storePairs(minusFour.fma(inner, last), elements, o + 5 * step);
      }
    }
  }
}
