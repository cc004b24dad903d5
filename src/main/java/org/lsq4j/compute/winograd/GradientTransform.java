package org.lsq4j.compute.winograd;

import static org.lsq4j.compute.winograd.Pixels.CHANNELS;
import static org.lsq4j.compute.winograd.Pixels.constant;
import static org.lsq4j.compute.winograd.Pixels.load;

import jdk.incubator.vector.FloatVector;

/**
 * A d A': gradients of 4x4 pixels to those of the 6x6 elements that they are made of, in a row of
 * tiles.
 *
 * @param tiles how many
 * @param plane floats from an element of a tile to the next one
 */
record GradientTransform(int tiles, int plane) {

  /** Floats of the memory that is needed. */
  int half() {
    return TileSizes.INPUT * TileSizes.RESULT * tiles * CHANNELS;
  }

  /**
   * Transforms columns and then rows.
   *
   * @param pixels four rows of pixels from {@code at} on
   * @param half memory
   * @param elements from float {@code start} on
   */
  void run(float[] pixels, int at, float[] half, float[] elements, int start) {
    FloatVector four = constant(4);
    int row = TileSizes.RESULT * tiles * CHANNELS;
    for (int o = 0; o < row; o += CHANNELS) {
      int i = at + o;
      FloatVector d0 = load(pixels, i);
      FloatVector d1 = load(pixels, i + row);
      FloatVector d2 = load(pixels, i + 2 * row);
      FloatVector d3 = load(pixels, i + 3 * row);
      d0.intoArray(half, o);
      FloatVector even = d0.add(d2);
      FloatVector odd = d1.add(d3);
      even.add(odd).intoArray(half, o + row);
      even.sub(odd).intoArray(half, o + 2 * row);
      FloatVector farEven = four.fma(d2, d0);
      FloatVector halfOdd = four.fma(d3, d1);
      FloatVector farOdd = halfOdd.add(halfOdd);
      farEven.add(farOdd).intoArray(half, o + 3 * row);
      farEven.sub(farOdd).intoArray(half, o + 4 * row);
      d3.intoArray(half, o + 5 * row);
    }
    for (int line = 0; line < TileSizes.INPUT; line++) {
      int first = line * row;
      int to = start + line * TileSizes.INPUT * plane;
      for (int tile = 0; tile < tiles; tile++) {
        int i = first + tile * TileSizes.RESULT * CHANNELS;
        int o = to + tile * CHANNELS;
        FloatVector d0 = load(half, i);
        FloatVector d1 = load(half, i + CHANNELS);
        FloatVector d2 = load(half, i + 2 * CHANNELS);
        FloatVector d3 = load(half, i + 3 * CHANNELS);
        d0.intoArray(elements, o);
        FloatVector even = d0.add(d2);
        FloatVector odd = d1.add(d3);
        even.add(odd).intoArray(elements, o + plane);
        even.sub(odd).intoArray(elements, o + 2 * plane);
        FloatVector farEven = four.fma(d2, d0);
        FloatVector halfOdd = four.fma(d3, d1);
        FloatVector farOdd = halfOdd.add(halfOdd);
        farEven.add(farOdd).intoArray(elements, o + 3 * plane);
        farEven.sub(farOdd).intoArray(elements, o + 4 * plane);
        d3.intoArray(elements, o + 5 * plane);
      }
    }
  }
}
