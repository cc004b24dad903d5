package org.lsq4j.compute;

/**
 * Zeros around an image, in pixels.
 *
 * @param top above
 * @param left before
 * @param bottom below
 * @param right behind
 */
public record Padding2D(int top, int left, int bottom, int right) {

  /** No padding. */
  public static final Padding2D NONE = new Padding2D(0, 0, 0, 0);

  /** Refuses negative padding. */
  public Padding2D {
    if (top < 0 || left < 0 || bottom < 0 || right < 0) {
      throw new IllegalArgumentException(
          "Padding must not be negative, got " + top + ", " + left + ", " + bottom + ", " + right);
    }
  }

  /** The same padding on opposite sides. */
  public static Padding2D symmetric(int vertical, int horizontal) {
    return new Padding2D(vertical, horizontal, vertical, horizontal);
  }

  /** Whether opposite sides are equal. */
  public boolean isSymmetric() {
    return top == bottom && left == right;
  }
}
