package org.lsq4j.compute.winograd;

import static org.lsq4j.compute.winograd.Pixels.CHANNELS;
import static org.lsq4j.compute.winograd.Pixels.constant;
import static org.lsq4j.compute.winograd.Pixels.load;

import jdk.incubator.vector.FloatVector;

/**
 * A' m A: 6x6 elements to 4x4 pixels, in a row of tiles.
 *
 * @param tiles how many
 * @param plane floats from an element of a tile to the next one
 */
record OutputTransform(int tiles, int plane) {

  /** Floats of the memory that is needed. */
  int half() {
    return TileSizes.RESULT * TileSizes.INPUT * tiles * CHANNELS;
  }

  /**
   * Transforms columns and then rows.
   *
   * @param elements from float {@code at} on
   * @param half memory
   * @param pixels four rows of pixels from {@code start} on
   */
  void run(float[] elements, int at, float[] half, float[] pixels, int start) {
    FloatVector two = constant(2);
    FloatVector four = constant(4);
    FloatVector eight = constant(8);
    int row = tiles * CHANNELS;
    int in = TileSizes.INPUT * plane;
    int out = TileSizes.INPUT * row;
    for (int column = 0; column < TileSizes.INPUT; column++) {
      int first = at + column * plane;
      int to = column * row;
      for (int k = 0; k < row; k += CHANNELS) {
        int i = first + k;
        int o = to + k;
        FloatVector m1 = load(elements, i + in);
        FloatVector m2 = load(elements, i + 2 * in);
        FloatVector m3 = load(elements, i + 3 * in);
        FloatVector m4 = load(elements, i + 4 * in);
        FloatVector near = m1.add(m2);
        FloatVector nearOdd = m1.sub(m2);
        FloatVector far = m3.add(m4);
        FloatVector farOdd = m3.sub(m4);
        load(elements, i).add(near).add(far).intoArray(half, o);
        two.fma(farOdd, nearOdd).intoArray(half, o + out);
        four.fma(far, near).intoArray(half, o + 2 * out);
        FloatVector last = eight.fma(farOdd, nearOdd);
        last.add(load(elements, i + 5 * in)).intoArray(half, o + 3 * out);
      }
    }
    for (int line = 0; line < TileSizes.RESULT; line++) {
      int first = line * out;
      int to = start + line * TileSizes.RESULT * row;
      for (int tile = 0; tile < tiles; tile++) {
        int i = first + tile * CHANNELS;
        int o = to + tile * TileSizes.RESULT * CHANNELS;
        FloatVector m1 = load(half, i + row);
        FloatVector m2 = load(half, i + 2 * row);
        FloatVector m3 = load(half, i + 3 * row);
        FloatVector m4 = load(half, i + 4 * row);
        FloatVector near = m1.add(m2);
        FloatVector nearOdd = m1.sub(m2);
        FloatVector far = m3.add(m4);
        FloatVector farOdd = m3.sub(m4);
        load(half, i).add(near).add(far).intoArray(pixels, o);
        two.fma(farOdd, nearOdd).intoArray(pixels, o + CHANNELS);
        four.fma(far, near).intoArray(pixels, o + 2 * CHANNELS);
        FloatVector last = eight.fma(farOdd, nearOdd);
        last.add(load(half, i + 5 * row)).intoArray(pixels, o + 3 * CHANNELS);
      }
    }
  }
}
