package org.lsq4j.data;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Reads single images: PNG, JPEG, GIF, BMP. */
public final class ImageFiles {

  private static final int GREY = 1;
  private static final int RGB = 3;
  private static final float RED_SHARE = 0.299f;
  private static final float GREEN_SHARE = 0.587f;
  private static final float BLUE_SHARE = 0.114f;

  private ImageFiles() {}

  /**
   * Reads an image, scaled to a shape where it has another, in grey if that has one channel.
   *
   * @return values 0 to 255 in HWC order
   * @throws DataException if there is no such image, or the shape has neither 1 nor 3 channels
   */
  public static float[] read(Path file, ImageShape shape) {
    if (shape.channels() != GREY && shape.channels() != RGB) {
      throw new DataException(
          file + ": an image file has 1 or 3 channels, but the model takes " + shape);
    }
    BufferedImage image = scaled(decode(file), shape);
    Raster raster = image.getRaster();
    float[] values = new float[shape.size()];
    int[] pixel = new int[RGB];
    int at = 0;
    for (int y = 0; y < shape.height(); y++) {
      for (int x = 0; x < shape.width(); x++) {
        pixel = raster.getPixel(x, y, pixel);
        at = put(pixel, raster.getNumBands() == GREY, shape.channels(), values, at);
      }
    }
    return values;
  }

  private static int put(int[] pixel, boolean isGrey, int channels, float[] values, int at) {
    if (channels == GREY) {
      values[at] =
          isGrey ? pixel[0] : RED_SHARE * pixel[0] + GREEN_SHARE * pixel[1] + BLUE_SHARE * pixel[2];
    } else {
      for (int c = 0; c < channels; c++) {
        values[at + c] = pixel[isGrey ? 0 : c];
      }
    }
    return at + channels;
  }

  private static BufferedImage decode(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new DataException(file + ": there is no such file");
    }
    try {
      BufferedImage image = ImageIO.read(file.toFile());
      if (image == null) {
        throw new DataException(file + ": is no image in PNG, JPEG, GIF or BMP format");
      }
      return image;
    } catch (IOException e) {
      throw new DataException(file + ": is no readable image: " + e.getMessage(), e);
    }
  }

  /** Grey stays grey: between grey and RGB Java would change the brightness. */
  private static BufferedImage scaled(BufferedImage image, ImageShape shape) {
    int type =
        image.getType() == BufferedImage.TYPE_BYTE_GRAY
            ? BufferedImage.TYPE_BYTE_GRAY
            : BufferedImage.TYPE_INT_RGB;
    BufferedImage result = new BufferedImage(shape.width(), shape.height(), type);
    Graphics2D graphics = result.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    graphics.drawImage(image, 0, 0, shape.width(), shape.height(), null);
    graphics.dispose();
    return result;
  }
}
