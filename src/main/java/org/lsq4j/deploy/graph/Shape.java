package org.lsq4j.deploy.graph;

/**
 * Sizes of one example's activations, stored [height, width, channels], channels last. A vector is
 * an image of one pixel; a sequence is an image of width 1.
 *
 * @param height rows, at least 1
 * @param width columns, at least 1
 * @param channels values of a pixel, at least 1
 */
public record Shape(int height, int width, int channels) {

  /** Most values of one example that a graph may have anywhere: 2^26. */
  public static final int LARGEST = 1 << 26;

  /** Refuses empty and excessive shapes. */
  public Shape {
    if (height < 1 || width < 1 || channels < 1) {
      throw new IllegalArgumentException(
          "shape " + text(height, width, channels) + " is empty; every size must be 1 or more");
    }
    if ((double) height * width * channels > LARGEST) {
      throw new IllegalArgumentException(
          "shape " + text(height, width, channels) + " has more than " + LARGEST + " values");
    }
  }

  /** The shape of a vector. */
  public static Shape vector(int length) {
    return new Shape(1, 1, length);
  }

  /** Number of values. */
  public int size() {
    return height * width * channels;
  }

  /** Number of pixels. */
  public int pixels() {
    return height * width;
  }

  /** Whether there is one pixel only. */
  public boolean isVector() {
    return pixels() == 1;
  }

  /** The same pixels with another number of channels. */
  public Shape withChannels(int newChannels) {
    return new Shape(height, width, newChannels);
  }

  /** As in {@code 32x32x3}. */
  @Override
  public String toString() {
    return text(height, width, channels);
  }

  private static String text(int height, int width, int channels) {
    return height + "x" + width + "x" + channels;
  }
}
