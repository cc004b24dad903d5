package org.lsq4j.deploy.runtime.portable;

import java.util.Arrays;
import org.lsq4j.deploy.graph.Window;

/**
 * A product's input code by code as its taps read it: a plane for each channel with its padding,
 * and with strides one for each place that a pixel can have between two outputs. So what a tap
 * reads for neighbouring outputs are neighbours, too, from row to row at the same distance.
 */
final class InputPlanes {

  private final ProductShape shape;
  private final int width;
  private final int planeSize;
  private final int channelSize;

  /** Where in a channel's planes a row begins, and where in a row a column is; -1 if not read. */
  private final int[] rows;

  private final int[] columns;
  private final int[] codes;

  InputPlanes(ProductShape shape) {
    this.shape = shape;
    Window window = shape.window();
    int readRows = read(window.rows(), shape.output().height());
    int readColumns = read(window.columns(), shape.output().width());
    int stride = window.stride().width();
    width = (readColumns - 1) / stride + 1;
    planeSize = ((readRows - 1) / window.stride().height() + 1) * width;
    channelSize = planeSize * window.stride().height() * stride;
    int above = window.rows().before();
    rows = new int[shape.input().height()];
    Arrays.setAll(rows, y -> y + above < readRows ? row(y + above) : -1);
    int left = window.columns().before();
    columns = new int[shape.input().width()];
    Arrays.setAll(columns, x -> x + left < readColumns ? column(x + left) : -1);
    codes = new int[Math.multiplyExact(channelSize, shape.input().channels()) + VectorSums.slack()];
  }

  /** Numbers that they take; more than an array has if there are too many. */
  static long size(ProductShape shape) {
    Window window = shape.window();
    long height = read(window.rows(), shape.output().height()) + (long) window.stride().height();
    long width = read(window.columns(), shape.output().width()) + (long) window.stride().width();
    return height * width * shape.input().channels();
  }

  /** Pixels of the padded image from the first that is read to the last. */
  private static int read(Window.Axis axis, int outputs) {
    return Math.toIntExact((outputs - 1) * (long) axis.stride() + axis.reach());
  }

  private int row(int padded) {
    int stride = shape.window().stride().height();
    return padded % stride * shape.window().stride().width() * planeSize + padded / stride * width;
  }

  private int column(int padded) {
    int stride = shape.window().stride().width();
    return padded % stride * planeSize + padded / stride;
  }

  /** From a row of outputs to the next. */
  int width() {
    return width;
  }

  /** What a tap of an input channel reads for the first output; the others follow. */
  int first(int channel, int tapRow, int tapColumn) {
    Window window = shape.window();
    return channel * channelSize
        + row(tapRow * window.dilation().height())
        + column(tapColumn * window.dilation().width());
  }

  /** All codes; not to be changed. */
  int[] codes() {
    return codes;
  }

  /** Takes the codes of an image, channels last. */
  void fill(int[] image) {
    int channels = shape.input().channels();
    for (int y = 0; y < rows.length; y++) {
      for (int x = 0; rows[y] >= 0 && x < columns.length; x++) {
        if (columns[x] >= 0) {
          put(image, (y * columns.length + x) * channels, rows[y] + columns[x]);
        }
      }
    }
  }

  private void put(int[] image, int from, int to) {
    int channels = shape.input().channels();
    for (int channel = 0; channel < channels; channel++) {
      codes[to + channel * channelSize] = image[from + channel];
    }
  }
}
