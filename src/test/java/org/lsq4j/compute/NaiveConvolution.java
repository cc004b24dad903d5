package org.lsq4j.compute;

import org.deeplearning4j.nn.conf.CNN2DFormat;

/** Convolution on plain arrays by its definition: one multiplication after the other. */
final class NaiveConvolution {

  private final ConvolutionGeometry geometry;
  private final long[] inputShape;
  private final long[] weightShape;
  private final long[] outputShape;

  NaiveConvolution(ConvolutionGeometry geometry, long[] inputShape, long[] weightShape) {
    this.geometry = geometry;
    this.inputShape = inputShape;
    this.weightShape = weightShape;
    this.outputShape = geometry.outputShape(inputShape, weightShape[0]);
  }

  /** Indices of an input, a weight and the output that their product is added to. */
  @FunctionalInterface
  private interface Product {
    void visit(int x, int w, int y);
  }

  double[] forward(double[] x, double[] w, double[] bias) {
    double[] y = new double[length(outputShape)];
    int channels = (int) weightShape[0];
    int inner = geometry.format() == CNN2DFormat.NCHW ? spatial() : 1;
    for (int i = 0; i < y.length && bias != null; i++) {
      y[i] = bias[i / inner % channels];
    }
    forEachProduct((xi, wi, yi) -> y[yi] += x[xi] * w[wi]);
    return y;
  }

  double[] inputGradient(double[] w, double[] dy) {
    double[] dx = new double[length(inputShape)];
    forEachProduct((xi, wi, yi) -> dx[xi] += dy[yi] * w[wi]);
    return dx;
  }

  double[] weightGradient(double[] x, double[] dy) {
    double[] dw = new double[length(weightShape)];
    forEachProduct((xi, wi, yi) -> dw[wi] += dy[yi] * x[xi]);
    return dw;
  }

  double[] biasGradient(double[] dy) {
    double[] db = new double[(int) weightShape[0]];
    int inner = geometry.format() == CNN2DFormat.NCHW ? spatial() : 1;
    for (int i = 0; i < dy.length; i++) {
      db[i / inner % db.length] += dy[i];
    }
    return db;
  }

  private int spatial() {
    int h = geometry.heightAxis();
    return (int) (outputShape[h] * outputShape[h + 1]);
  }

  private void forEachProduct(Product product) {
    for (int n = 0; n < inputShape[0]; n++) {
      for (int filter = 0; filter < weightShape[0]; filter++) {
        for (int row = 0; row < outputShape[geometry.heightAxis()]; row++) {
          for (int column = 0; column < outputShape[geometry.heightAxis() + 1]; column++) {
            taps(new int[] {n, filter, row, column}, product);
          }
        }
      }
    }
  }

  /** All products that make one output [n, filter, row, column]. */
  private void taps(int[] output, Product product) {
    int y = index(outputShape, output[0], output[1], output[2], output[3]);
    int group = output[1] / (int) (weightShape[0] / geometry.groups());
    for (int channel = 0; channel < weightShape[1]; channel++) {
      for (int i = 0; i < weightShape[2]; i++) {
        int row = source(output[2], i, true);
        for (int j = 0; j < weightShape[3]; j++) {
          int column = source(output[3], j, false);
          if (isInside(row, column)) {
            int from = group * (int) weightShape[1] + channel;
            int x = index(inputShape, output[0], from, row, column);
            product.visit(x, weight(output[1], channel, i, j), y);
          }
        }
      }
    }
  }

  private int source(int output, int tap, boolean vertical) {
    Size2D stride = geometry.stride();
    Size2D dilation = geometry.dilation();
    return vertical
        ? output * stride.height() + tap * dilation.height() - geometry.padding().top()
        : output * stride.width() + tap * dilation.width() - geometry.padding().left();
  }

  private boolean isInside(int row, int column) {
    int h = geometry.heightAxis();
    return row >= 0 && row < inputShape[h] && column >= 0 && column < inputShape[h + 1];
  }

  private int weight(int filter, int channel, int row, int column) {
    return (int)
        (((filter * weightShape[1] + channel) * weightShape[2] + row) * weightShape[3] + column);
  }

  private int index(long[] shape, int n, int channel, int row, int column) {
    return geometry.format() == CNN2DFormat.NCHW
        ? (int) (((n * shape[1] + channel) * shape[2] + row) * shape[3] + column)
        : (int) (((n * shape[1] + row) * shape[2] + column) * shape[3] + channel);
  }

  private static int length(long[] shape) {
    return Math.toIntExact(Tensors.length(shape));
  }
}
