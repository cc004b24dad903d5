package org.lsq4j.report.style;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The 255 most frequent colors of pictures, and one that is transparent. Charts have few colors;
 * what a table leaves out are shades of the edges of letters, which get the nearest color in it.
 *
 * <p>The JDK's own reduction of colors takes ten times as long and makes files three times as
 * large, because it makes another table for each frame.
 */
final class ColorTable {

  private static final int SIZE = 256;

  /** Index of the transparent color. */
  static final int TRANSPARENT = SIZE - 1;

  private static final int BITS = 8;

  private final int[] colors;
  private final Map<Integer, Integer> indices = new HashMap<>();

  private ColorTable(int[] colors) {
    this.colors = colors;
  }

  static ColorTable of(List<BufferedImage> images) {
    Map<Integer, Integer> counts = new HashMap<>();
    for (BufferedImage image : images) {
      count(pixels(image), counts);
    }
    return new ColorTable(
        counts.entrySet().stream()
            .sorted(
                Map.Entry.<Integer, Integer>comparingByValue()
                    .reversed()
                    .thenComparing(Map.Entry.comparingByKey()))
            .limit(TRANSPARENT)
            .mapToInt(Map.Entry::getKey)
            .toArray());
  }

  private static void count(int[] pixels, Map<Integer, Integer> counts) {
    int start = 0;
    for (int i = 1; i <= pixels.length; i++) {
      if (i == pixels.length || pixels[i] != pixels[start]) {
        counts.merge(pixels[start], i - start, Integer::sum);
        start = i;
      }
    }
  }

  /** An image in the colors of this table. */
  BufferedImage reduce(BufferedImage image) {
    int[] pixels = pixels(image);
    int[] reduced = new int[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      reduced[i] = index(pixels[i]);
    }
    return indexed(image, reduced);
  }

  /** The same, but transparent where it is as the image before, which makes files small. */
  BufferedImage reduce(BufferedImage image, BufferedImage before) {
    int[] pixels = pixels(image);
    int[] earlier = pixels(before);
    int[] reduced = new int[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      reduced[i] = pixels[i] == earlier[i] ? TRANSPARENT : index(pixels[i]);
    }
    return indexed(image, reduced);
  }

  private int index(int color) {
    return indices.computeIfAbsent(color, this::nearest);
  }

  private int nearest(int color) {
    int best = 0;
    for (int i = 1; i < colors.length; i++) {
      if (distance(color, colors[i]) < distance(color, colors[best])) {
        best = i;
      }
    }
    return best;
  }

  private static int distance(int a, int b) {
    int sum = 0;
    for (int shift = 0; shift < 3 * BITS; shift += BITS) {
      int difference = (a >> shift & 0xFF) - (b >> shift & 0xFF);
      sum += difference * difference;
    }
    return sum;
  }

  private BufferedImage indexed(BufferedImage image, int[] indices) {
    int[] table = new int[SIZE];
    for (int i = 0; i < colors.length; i++) {
      table[i] = colors[i] | 0xFF000000;
    }
    IndexColorModel model =
        new IndexColorModel(
            BITS, SIZE, table, 0, true, TRANSPARENT, java.awt.image.DataBuffer.TYPE_BYTE);
    int width = image.getWidth();
    BufferedImage result =
        new BufferedImage(width, image.getHeight(), BufferedImage.TYPE_BYTE_INDEXED, model);
    result.getRaster().setSamples(0, 0, width, image.getHeight(), 0, indices);
    return result;
  }

  private static int[] pixels(BufferedImage image) {
    int width = image.getWidth();
    int[] pixels = image.getRGB(0, 0, width, image.getHeight(), null, 0, width);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] &= 0xFFFFFF;
    }
    return pixels;
  }
}
