package org.lsq4j.compute.onednn;

/**
 * Some rows of a tensor in memory. Loops over rows of any width go over them vector by vector, and
 * at each vector have its place in the row and in the tensor:
 *
 * <pre>
 * int row = 0;
 * int place = 0;
 * int at = tile.row(row);
 * for (int i = 0; i &lt; tile.vectors(); i++) {
 *   ...
 *   place = tile.next(place);
 *   at = place == 0 ? tile.row(++row) : at + VECTOR;
 * }
 * </pre>
 *
 * <p>A loop over rows with another one over their vectors takes up to half longer, as the compiler
 * unrolls the inner one.
 *
 * <p>The rows may be in several sequences that are read in turns: a row of each, then the next row
 * of each. Some processors fetch ahead in every sequence, so that several come from memory in less
 * time than one.
 *
 * @param first place of the first row in the tensor's bytes
 * @param rows how many there are, in all sequences
 * @param width floats in a row, a multiple of a vector
 * @param channel place of a row's first channel in arrays of channels
 * @param sequences how the rows are spread over sequences
 */
record Tile(int first, int rows, int width, int channel, Sequences sequences) {

  /** Bytes of a vector. */
  static final int VECTOR = NormLoops.LANES * Float.BYTES;

  /**
   * Sequences of one length.
   *
   * @param shift their number as a power of 2
   * @param apart bytes from the start of one to that of the next
   */
  record Sequences(int shift, int apart) {

    /** A single one. */
    static final Sequences ONE = new Sequences(0, 0);

    private int offset(int index) {
      return (index & ((1 << shift) - 1)) * apart;
    }
  }

  /** How many vectors all rows have. */
  int vectors() {
    return rows * (width / NormLoops.LANES);
  }

  /** The place of a row in the tensor's bytes; rows are counted in the order of reading. */
  int row(int index) {
    return first + (index >> sequences.shift) * width * Float.BYTES + sequences.offset(index);
  }

  /** The place in a row behind a vector's; 0 at the end of the row. */
  int next(int place) {
    int behind = place + NormLoops.LANES;
    return behind == width ? 0 : behind;
  }

  /** Some of the rows, from the start of a turn on. */
  Tile part(int index, int count) {
    return new Tile(row(index), count, width, channel, sequences);
  }
}
