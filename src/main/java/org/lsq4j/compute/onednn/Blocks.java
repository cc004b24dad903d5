package org.lsq4j.compute.onednn;

/** Cuts element-wise work into blocks that fit the first-level cache, for several threads. */
final class Blocks {

  /** Floats in a block: two of them fit the first-level cache. */
  static final int SIZE = 2048;

  /** Elements that are worth a thread. */
  static final int PIECE = 16 * SIZE;

  private static final int ARRAYS = 4;
  private static final int FEW = 16;

  private static final ThreadLocal<float[][]> SCRATCH =
      ThreadLocal.withInitial(() -> new float[ARRAYS][SIZE]);

  private Blocks() {}

  /** This thread's array of a number, 0 to 3, of a block's size. */
  static float[] scratch(int index) {
    return SCRATCH.get()[index];
  }

  /**
   * The sum of neighbouring elements, half added to half until few are left: that compiles to
   * vector instructions and loses fewer digits than one after the other. The elements are
   * overwritten.
   */
  static double sum(float[] values, int from, int to) {
    int count = to - from;
    while (count > FEW) {
      int half = (count + 1) / 2;
      for (int i = from; i < from + count - half; i++) {
        values[i] += values[i + half];
      }
      count = half;
    }
    double sum = 0;
    for (int i = from; i < from + count; i++) {
      sum += values[i];
    }
    return sum;
  }
}
