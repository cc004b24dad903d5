package org.lsq4j.data;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.data.Augmentation.Change;
import org.lsq4j.data.Augmentation.Flip;

/** Writes images into the features of a batch, in the order that the network wants, changed. */
final class ImageWriter {
  private final ImageShape shape;
  private final int pixelStride;
  private final int channelStride;

  ImageWriter(ImageShape shape, CNN2DFormat format) {
    this.shape = shape;
    this.pixelStride = format == CNN2DFormat.NHWC ? shape.channels() : 1;
    this.channelStride = format == CNN2DFormat.NHWC ? 1 : shape.height() * shape.width();
  }

  /**
   * Writes an image.
   *
   * @param image values in HWC order
   * @param change how to move and mirror it
   * @param target features of the batch; zero where the image goes, and left so where it moves away
   * @param offset where in target the image begins
   */
  void write(float[] image, Change change, float[] target, int offset) {
    int firstRow = Math.max(0, change.down());
    int endRow = Math.min(shape.height(), shape.height() + change.down());
    for (int y = firstRow; y < endRow; y++) {
      for (int c = 0; c < shape.channels(); c++) {
        int from = (y - change.down()) * shape.width() * shape.channels() + c;
        int to = offset + y * shape.width() * pixelStride + c * channelStride;
        writeRow(image, from, change, target, to);
      }
    }
  }

  /** Writes one channel of a row: from and to are where the whole rows begin. */
  private void writeRow(float[] image, int from, Change change, float[] target, int to) {
    int first = Math.max(0, change.right());
    int end = Math.min(shape.width(), shape.width() + change.right());
    boolean mirrored = change.flip() == Flip.HORIZONTAL;
    int step = mirrored ? -pixelStride : pixelStride;
    int at = to + (mirrored ? shape.width() - 1 - first : first) * pixelStride;
    int source = from + (first - change.right()) * shape.channels();
    for (int x = first; x < end; x++) {
      target[at] = image[source];
      at += step;
      source += shape.channels();
    }
  }
}
