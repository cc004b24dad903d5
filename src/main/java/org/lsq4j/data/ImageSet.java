package org.lsq4j.data;

import java.util.Arrays;

/**
 * Labelled images in memory. Immutable.
 *
 * <p>Images are stored in NHWC order, as unsigned bytes or as floats (see {@link #pixelType()}),
 * and are handed out as raw floats: 0 to 255 for bytes. {@link Normalization} scales them.
 */
public final class ImageSet {
  private final ImageShape shape;
  private final Pixels pixels;
  private final int[] labels;

  /** Takes the arrays over without copying them; for readers, which drop theirs. */
  ImageSet(ImageShape shape, Pixels pixels, int[] labels) {
    if (pixels.length() != (long) labels.length * shape.size()) {
      throw new DataException(
          String.format(
              "%d labels, but %d pixel values, which is not that many images of %s",
              labels.length, pixels.length(), shape));
    }
    this.shape = shape;
    this.pixels = pixels;
    this.labels = labels;
    checkLabels();
  }

  /**
   * Images of unsigned bytes.
   *
   * @param shape size of every image
   * @param pixels values in NHWC order; copied
   * @param labels class of every image, 0 or more; copied
   * @throws DataException if the lengths do not fit together or a label is negative
   */
  public static ImageSet ofBytes(ImageShape shape, byte[] pixels, int[] labels) {
    return new ImageSet(shape, new Pixels.Bytes(pixels.clone()), labels.clone());
  }

  /**
   * Images of real values.
   *
   * @param shape size of every image
   * @param pixels finite values in NHWC order; copied
   * @param labels class of every image, 0 or more; copied
   * @throws DataException if the lengths do not fit together, a label is negative, or a value is
   *     NaN or infinite
   */
  public static ImageSet ofFloats(ImageShape shape, float[] pixels, int[] labels) {
    Pixels checked = Pixels.Floats.checked("images", pixels.clone(), shape.size());
    return new ImageSet(shape, checked, labels.clone());
  }

  /** How many images there are; may be 0. */
  public int count() {
    return labels.length;
  }

  /** Size of every image. */
  public ImageShape shape() {
    return shape;
  }

  /** What the pixels are stored as. */
  public PixelType pixelType() {
    return pixels.type();
  }

  /** Class of an image. */
  public int label(int index) {
    return labels[index];
  }

  /** Classes of all images; a copy. */
  public int[] labels() {
    return labels.clone();
  }

  /** Largest label, or -1 if there are no images. */
  public int maxLabel() {
    return Arrays.stream(labels).max().orElse(-1);
  }

  /**
   * Copies the raw values of an image.
   *
   * @param index image, from 0
   * @param target receives {@code shape().size()} values in HWC order, 0 to 255 for bytes
   * @param offset where in target the image begins
   */
  public void copyPixels(int index, float[] target, int offset) {
    pixels.copy(index * shape.size(), shape.size(), target, offset);
  }

  /**
   * The first images of this set, or all if there are fewer. Shares the pixels with this set.
   *
   * @param count at least 0
   */
  public ImageSet first(int count) {
    return count >= count() ? this : new ImageSet(this, count);
  }

  private ImageSet(ImageSet whole, int count) {
    this.shape = whole.shape;
    this.pixels = whole.pixels;
    this.labels = Arrays.copyOf(whole.labels, count);
  }

  private void checkLabels() {
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0) {
        throw new DataException("image " + i + " has the negative label " + labels[i]);
      }
    }
  }
}
