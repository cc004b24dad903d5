package org.lsq4j.compute.winograd;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.lsq4j.compute.Size2D;

/**
 * Rows of pixels of images and the zeros around these.
 *
 * @param image size of the images
 * @param top rows of zeros above them
 * @param left columns of zeros left of them
 * @param columns how many columns, at least those of the image and the zeros left of it
 */
record PixelRows(Size2D image, int top, int left, int columns) {

  /** Those of the pixels of tiles, which may reach beyond the image. */
  static PixelRows of(TileStrips strips) {
    return new PixelRows(strips.image(), 0, 0, strips.across() * TileSizes.RESULT);
  }

  /** Floats of a row. */
  int row() {
    return columns * Pixels.CHANNELS;
  }

  /**
   * Copies rows.
   *
   * @param images in native memory
   * @param strip where the rows begin, counted from the topmost zeros
   * @param rows how many
   */
  void read(FloatBuffer images, TileStrips.Strip strip, int rows, float[] pixels) {
    int begin = left * Pixels.CHANNELS;
    int end = begin + image.width() * Pixels.CHANNELS;
    for (int row = 0; row < rows; row++) {
      int at = row * row();
      int y = strip.firstRow() + row - top;
      if (y >= 0 && y < image.height()) {
        Arrays.fill(pixels, at, at + begin, 0);
        images.get(place(strip, y), pixels, at + begin, end - begin);
        Arrays.fill(pixels, at + end, at + row(), 0);
      } else {
        Arrays.fill(pixels, at, at + row(), 0);
      }
    }
  }

  /**
   * Copies those of a strip back that are in the image. There are no zeros above and left of it.
   */
  void write(float[] pixels, FloatBuffer images, TileStrips.Strip strip) {
    int end = Math.min(strip.pixelRows(), image.height() - strip.firstRow());
    for (int row = 0; row < end; row++) {
      int place = place(strip, strip.firstRow() + row);
      images.put(place, pixels, row * row(), image.width() * Pixels.CHANNELS);
    }
  }

  private int place(TileStrips.Strip strip, int y) {
    return (strip.example() * image.height() + y) * image.width() * Pixels.CHANNELS;
  }
}
