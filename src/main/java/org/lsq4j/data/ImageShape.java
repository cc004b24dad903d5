package org.lsq4j.data;

/**
 * Size of one image.
 *
 * @param height rows, at least 1
 * @param width columns, at least 1
 * @param channels values a pixel, at least 1 (1 grey, 3 RGB)
 */
public record ImageShape(int height, int width, int channels) {

  /** Checks that every size is positive and that an image can be indexed by an int. */
  public ImageShape {
    if (height < 1 || width < 1 || channels < 1) {
      throw new DataException("image shape " + text(height, width, channels) + " is empty");
    }
    if ((double) height * width * channels > Integer.MAX_VALUE) {
      throw new DataException("image shape " + text(height, width, channels) + " is too large");
    }
  }

  /** Values in an image: height x width x channels. */
  public int size() {
    return height * width * channels;
  }

  /** Height x width x channels, as in {@code 32x32x3}. */
  @Override
  public String toString() {
    return text(height, width, channels);
  }

  private static String text(int height, int width, int channels) {
    return height + "x" + width + "x" + channels;
  }
}
