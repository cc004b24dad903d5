package org.lsq4j.compute;

import java.util.Objects;

/**
 * How a tensor of gradients lies in the memory of a float array.
 *
 * @param encoding of the numbers
 * @param factor what each was multiplied by before it was encoded
 */
public record GradientForm(Encoding encoding, float factor) {

  /** As it is. */
  public static final GradientForm PLAIN = new GradientForm(Encoding.FLOAT, 1);

  /** In blocks of 16 channels, those of a pixel as neighbours. */
  public static final GradientForm CHANNEL_BLOCKS = new GradientForm(Encoding.FLOAT_BLOCKS, 1);

  /** What a number is made of, and in which order they come. */
  public enum Encoding {
    /** Four bytes, in the order of the array. */
    FLOAT,
    /** Four bytes, in the order of an array [N, C / 16, H, W, 16]. */
    FLOAT_BLOCKS,
    /** The upper two bytes of a float, rounded half to even; the array's second half is unused. */
    BFLOAT16
  }

  /** Checks that there is an encoding. */
  public GradientForm {
    Objects.requireNonNull(encoding, "encoding");
  }
}
