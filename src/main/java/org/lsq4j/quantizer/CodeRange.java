package org.lsq4j.quantizer;

/**
 * The integers a quantizer may produce: from n ({@link #lowest}) to p ({@link #highest}), both
 * included.
 *
 * <p>Signed b bits: n = -2^(b-1), p = 2^(b-1) - 1, or n = -p in the narrow span. Unsigned: n = 0, p
 * = 2^b - 1.
 *
 * @param lowest n, zero or negative
 * @param highest p, at least 1: the gradient scale and LSQ's initial step divide by it
 */
public record CodeRange(int lowest, int highest) {

  /** Fewest and most bits of a quantizer. One bit is possible without sign only. */
  public static final int MIN_BITS = 1;

  /** Codes of up to 8 bits fit one byte, the operand of integer convolutions. */
  public static final int MAX_BITS = 8;

  /** Refuses an empty or one-sided range. */
  public CodeRange {
    if (lowest > 0 || highest < 1) {
      throw new IllegalArgumentException(
          "Code range must hold 0 and a positive code, got " + lowest + ".." + highest);
    }
  }

  /**
   * The range of a bit width.
   *
   * @throws IllegalArgumentException if {@code bits} is not 1 to 8, or is 1 with a sign (p would be
   *     0)
   */
  public static CodeRange of(int bits, CodeSign sign, CodeSpan span) {
    if (bits < MIN_BITS || bits > MAX_BITS) {
      throw new IllegalArgumentException(
          "bits: " + bits + " is outside " + MIN_BITS + " to " + MAX_BITS);
    }
    if (sign == CodeSign.UNSIGNED) {
      return new CodeRange(0, (1 << bits) - 1);
    }
    if (bits == 1) {
      throw new IllegalArgumentException(
          "bits: 1 signed has no positive code (p = 0), so LSQ's step and gradient scale"
              + " divide by zero; use 2 to "
              + MAX_BITS
              + " bits, or 1 bit unsigned");
    }
    int highest = (1 << (bits - 1)) - 1;
    return new CodeRange(span == CodeSpan.NARROW ? -highest : -highest - 1, highest);
  }

  /** Number of codes, p - n + 1. */
  public int levels() {
    return highest - lowest + 1;
  }

  @Override
  public String toString() {
    return lowest + ".." + highest;
  }
}
