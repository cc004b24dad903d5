package org.lsq4j.compute;

import java.util.Objects;

/**
 * How a tensor lies in the memory of a float array that stands for it.
 *
 * @param encoding of the numbers
 * @param factor what each was multiplied by before it was encoded
 */
public record TensorForm(Encoding encoding, float factor) {

  /** As it is. */
  public static final TensorForm PLAIN = new TensorForm(Encoding.FLOAT, 1);

  /** In blocks of 16 channels, those of a pixel as neighbours. */
  public static final TensorForm CHANNEL_BLOCKS = new TensorForm(Encoding.FLOAT_BLOCKS, 1);

  /** What a number is made of, and in which order they come. */
  public enum Encoding {
    /** Four bytes, in the order of the array. */
    FLOAT,
    /** Four bytes, in the order of an array [N, C / 16, H, W, 16]; the array is [N, H, W, C]. */
    FLOAT_BLOCKS,
    /** The upper two bytes of a float, rounded half to even; the array's second half is unused. */
    BFLOAT16
  }

  /**
   * Checks that there is an encoding, and that floats in blocks are not multiplied.
   *
   * @throws IllegalArgumentException if they are
   */
  public TensorForm {
    Objects.requireNonNull(encoding, "encoding");
    if (encoding == Encoding.FLOAT_BLOCKS && factor != 1) {
      throw new IllegalArgumentException("the factor of floats in blocks must be 1, got " + factor);
    }
  }

  /** Whether it is no special one. */
  public boolean isPlain() {
    return equals(PLAIN);
  }
}
