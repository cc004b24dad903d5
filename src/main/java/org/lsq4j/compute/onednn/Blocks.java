package org.lsq4j.compute.onednn;

/** Cuts element-wise work into blocks that fit the first-level cache, for several threads. */
final class Blocks {

  /** Floats in a block: two of them fit the first-level cache. */
  static final int SIZE = 2048;

  /** Elements that are worth a thread. */
  static final int PIECE = 16 * SIZE;

  private static final int ARRAYS = 2;

  private static final ThreadLocal<float[][]> SCRATCH =
      ThreadLocal.withInitial(() -> new float[ARRAYS][SIZE]);

  /** Work on one block. */
  @FunctionalInterface
  interface Work {
    /** Works on {@code count} elements from {@code first} on. */
    void run(int first, int count);
  }

  private Blocks() {}

  /** This thread's array of a number, 0 or 1, of a block's size. */
  static float[] scratch(int index) {
    return SCRATCH.get()[index];
  }

  /** Runs work on all blocks of a tensor. */
  static void forEach(long length, Work work) {
    int total = Math.toIntExact(length);
    Workers.run(
        (total + PIECE - 1) / PIECE,
        piece -> {
          int end = Math.min(total, (piece + 1) * PIECE);
          for (int first = piece * PIECE; first < end; first += SIZE) {
            work.run(first, Math.min(SIZE, end - first));
          }
        });
  }
}
