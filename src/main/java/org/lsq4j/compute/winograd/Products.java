package org.lsq4j.compute.winograd;

import static org.lsq4j.compute.winograd.Pixels.FLOATS;
import static org.lsq4j.compute.winograd.Pixels.load;
import static org.lsq4j.compute.winograd.Pixels.repeated;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Products of pixels with matrices of all channels by all channels.
 *
 * <p>Two channels of a pixel, 2k and 2k + 1, stand side by side all over a vector. A row of a
 * matrix belongs to such a pair, with its even lanes to the first channel and its odd lanes to the
 * second, and to every other output channel: {@link #index}. So half as many vectors have to be
 * made of single channels, which is what such products of small matrices take longest for. All rows
 * of a matrix stay in registers.
 */
final class Products {

  /** Floats of a matrix. */
  static final int MATRIX = Pixels.CHANNELS * Pixels.CHANNELS;

  private static final int ROW = Pixels.CHANNELS;
  private static final VectorMask<Float> ODD_LANES = VectorMask.fromLong(FLOATS, 0xAAAA);
  private static final VectorMask<Float> EVEN_LANES = VectorMask.fromLong(FLOATS, 0x5555);

  private Products() {}

  /** Where a matrix has the number for an input and an output channel. */
  static int index(int in, int out) {
    return (in / 2 * 2 + out % 2) * ROW + out / 2 * 2 + in % 2;
  }

  /** Each of some neighbouring pixels times a matrix. */
  static void run(long[] pairs, int at, float[] matrix, int first, float[] results, int tiles) {
    FloatVector r0 = row(matrix, first, 0);
    FloatVector r1 = row(matrix, first, 1);
    FloatVector r2 = row(matrix, first, 2);
    FloatVector r3 = row(matrix, first, 3);
    FloatVector r4 = row(matrix, first, 4);
    FloatVector r5 = row(matrix, first, 5);
    FloatVector r6 = row(matrix, first, 6);
    FloatVector r7 = row(matrix, first, 7);
    FloatVector r8 = row(matrix, first, 8);
    FloatVector r9 = row(matrix, first, 9);
    FloatVector r10 = row(matrix, first, 10);
    FloatVector r11 = row(matrix, first, 11);
    FloatVector r12 = row(matrix, first, 12);
    FloatVector r13 = row(matrix, first, 13);
    FloatVector r14 = row(matrix, first, 14);
    FloatVector r15 = row(matrix, first, 15);
    VectorMask<Float> odd = ODD_LANES;
    int end = at + tiles * Pixels.CHANNELS;
    for (int i = at; i < end; i += Pixels.CHANNELS) {
      int half = i / Pixels.PAIR;
      FloatVector pair = repeated(pairs, half);
      FloatVector a = r0.mul(pair);
      FloatVector b = r1.mul(pair);
      pair = repeated(pairs, half + 1);
      a = r2.fma(pair, a);
      b = r3.fma(pair, b);
      pair = repeated(pairs, half + 2);
      a = r4.fma(pair, a);
      b = r5.fma(pair, b);
      pair = repeated(pairs, half + 3);
      a = r6.fma(pair, a);
      b = r7.fma(pair, b);
      pair = repeated(pairs, half + 4);
      a = r8.fma(pair, a);
      b = r9.fma(pair, b);
      pair = repeated(pairs, half + 5);
      a = r10.fma(pair, a);
      b = r11.fma(pair, b);
      pair = repeated(pairs, half + 6);
      a = r12.fma(pair, a);
      b = r13.fma(pair, b);
      pair = repeated(pairs, half + 7);
      a = r14.fma(pair, a);
      b = r15.fma(pair, b);
      // The halves of an even output channel are both in a, of an odd one in b.
      a.blend(b, odd).add(swapped(b.blend(a, odd))).intoArray(results, i);
    }
  }

  /**
   * Adds the outer products of neighbouring pixels to a matrix.
   *
   * @param pairs of the input
   * @param gradients of the output
   */
  static void addOuter(
      long[] pairs, float[] gradients, int at, float[] matrix, int first, int tiles) {
    addOuterRows(pairs, gradients, at, matrix, first, tiles, ODD_LANES);
    addOuterRows(pairs, gradients, at, matrix, first + ROW, tiles, EVEN_LANES);
  }

  /**
   * The same for every second row. With all rows the compiler would not keep them in registers.
   *
   * @param others lanes that are of output channels of other rows
   */
  private static void addOuterRows(
      long[] pairs,
      float[] gradients,
      int at,
      float[] matrix,
      int first,
      int tiles,
      VectorMask<Float> others) {
    FloatVector r0 = row(matrix, first, 0);
    FloatVector r1 = row(matrix, first, 2);
    FloatVector r2 = row(matrix, first, 4);
    FloatVector r3 = row(matrix, first, 6);
    FloatVector r4 = row(matrix, first, 8);
    FloatVector r5 = row(matrix, first, 10);
    FloatVector r6 = row(matrix, first, 12);
    FloatVector r7 = row(matrix, first, 14);
    int end = at + tiles * Pixels.CHANNELS;
    for (int i = at; i < end; i += Pixels.CHANNELS) {
      int half = i / Pixels.PAIR;
      FloatVector gradient = load(gradients, i);
      FloatVector a = gradient.blend(swapped(gradient), others);
      r0 = a.fma(repeated(pairs, half), r0);
      r1 = a.fma(repeated(pairs, half + 1), r1);
      r2 = a.fma(repeated(pairs, half + 2), r2);
      r3 = a.fma(repeated(pairs, half + 3), r3);
      r4 = a.fma(repeated(pairs, half + 4), r4);
      r5 = a.fma(repeated(pairs, half + 5), r5);
      r6 = a.fma(repeated(pairs, half + 6), r6);
      r7 = a.fma(repeated(pairs, half + 7), r7);
    }
    r0.intoArray(matrix, first + 0 * ROW);
    r1.intoArray(matrix, first + 2 * ROW);
    r2.intoArray(matrix, first + 4 * ROW);
    r3.intoArray(matrix, first + 6 * ROW);
    r4.intoArray(matrix, first + 8 * ROW);
    r5.intoArray(matrix, first + 10 * ROW);
    r6.intoArray(matrix, first + 12 * ROW);
    r7.intoArray(matrix, first + 14 * ROW);
  }

  /** Adds a pixel to some neighbouring ones. */
  static void addToAll(float[] pixel, float[] pixels, int at, int tiles) {
    FloatVector added = load(pixel, 0);
    int end = at + tiles * Pixels.CHANNELS;
    for (int i = at; i < end; i += Pixels.CHANNELS) {
      load(pixels, i).add(added).intoArray(pixels, i);
    }
  }

  /** Adds neighbouring pixels to the sum at {@code first}. */
  static void addAll(float[] pixels, int at, int tiles, float[] sums, int first) {
    FloatVector total = load(sums, first);
    int end = at + tiles * Pixels.CHANNELS;
    for (int i = at; i < end; i += Pixels.CHANNELS) {
      total = total.add(load(pixels, i));
    }
    total.intoArray(sums, first);
  }

  private static FloatVector row(float[] matrix, int first, int row) {
    return load(matrix, first + row * ROW);
  }

  /** Each even lane with the odd one behind it. */
  private static FloatVector swapped(FloatVector pixel) {
    return pixel
        .reinterpretAsLongs()
        .lanewise(VectorOperators.ROL, Float.SIZE)
        .reinterpretAsFloats();
  }
}
