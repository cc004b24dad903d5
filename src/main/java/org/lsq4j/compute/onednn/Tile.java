package org.lsq4j.compute.onednn;

/**
 * Some rows of a tensor in memory, in sequences that are read in turns: a row of each, then the
 * next row of each. The processor fetches ahead in every sequence, so that several come from memory
 * in less time than one.
 *
 * @param first place of the first row in the tensor's bytes
 * @param rows how many there are, in all sequences
 * @param stride bytes from one row of a sequence to the next
 * @param channel place of the first row's first channel in arrays of channels
 * @param sequences how the rows are spread over sequences
 */
record Tile(int first, int rows, int stride, int channel, Sequences sequences) {

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

  /** The place of a row in the tensor's bytes; rows are counted in the order of reading. */
  int row(int index) {
    return first + (index >> sequences.shift) * stride + sequences.offset(index);
  }

  /** Some of the rows, from the start of a turn on. */
  Tile part(int index, int count) {
    return new Tile(row(index), count, stride, channel, sequences);
  }
}
