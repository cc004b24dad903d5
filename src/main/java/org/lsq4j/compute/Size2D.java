package org.lsq4j.compute;

/**
 * A height and a width.
 *
 * @param height rows, at least 1
 * @param width columns, at least 1
 */
public record Size2D(int height, int width) {

  /** One by one: no stride, no dilation. */
  public static final Size2D ONE = new Size2D(1, 1);

  /** Refuses empty sizes. */
  public Size2D {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "Size must be at least 1 x 1, got " + height + " x " + width);
    }
  }

  /** From DL4J's [height, width] arrays. */
  public static Size2D of(int[] heightAndWidth) {
    return new Size2D(heightAndWidth[0], heightAndWidth[1]);
  }
}
