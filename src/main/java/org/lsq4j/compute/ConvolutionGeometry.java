package org.lsq4j.compute;

import org.deeplearning4j.nn.conf.CNN2DFormat;

/**
 * How a 2-D convolution moves over its input.
 *
 * @param format NCHW or NHWC, of input and output
 * @param groups number of independent channel groups; the number of channels for a depthwise
 *     convolution
 * @param kernel kernel size
 * @param stride step between output pixels
 * @param dilation distance between kernel taps
 * @param padding zeros around the input
 */
public record ConvolutionGeometry(
    CNN2DFormat format,
    int groups,
    Size2D kernel,
    Size2D stride,
    Size2D dilation,
    Padding2D padding) {

  /** Axis of the channels in input and output. */
  public int channelAxis() {
    return format == CNN2DFormat.NCHW ? 1 : 3;
  }

  /** Axis of the rows in input and output. */
  public int heightAxis() {
    return format == CNN2DFormat.NCHW ? 2 : 1;
  }

  /** Size of the window that a kernel covers: its taps and what dilation leaves out. */
  public Size2D effectiveKernel() {
    return new Size2D(
        effective(kernel.height(), dilation.height()), effective(kernel.width(), dilation.width()));
  }

  /**
   * Shape of the output.
   *
   * @param inputShape shape of the input, 4 sizes
   * @param outChannels number of output channels
   */
  public long[] outputShape(long[] inputShape, long outChannels) {
    int h = heightAxis();
    long height =
        outputSize(
            inputShape[h] + padding.top() + padding.bottom(),
            kernel.height(),
            stride.height(),
            dilation.height());
    long width =
        outputSize(
            inputShape[h + 1] + padding.left() + padding.right(),
            kernel.width(),
            stride.width(),
            dilation.width());
    return format == CNN2DFormat.NCHW
        ? new long[] {inputShape[0], outChannels, height, width}
        : new long[] {inputShape[0], height, width, outChannels};
  }

  private static long outputSize(long padded, int kernel, int stride, int dilation) {
    return Math.floorDiv(padded - effective(kernel, dilation), stride) + 1;
  }

  private static int effective(int kernel, int dilation) {
    return (kernel - 1) * dilation + 1;
  }

  /** The padding that DL4J's {@code Same} mode means for an input, 4 sizes. */
  public Padding2D samePadding(long[] inputShape) {
    int h = heightAxis();
    int[] rows =
        samePadding((int) inputShape[h], kernel.height(), stride.height(), dilation.height());
    int[] columns =
        samePadding((int) inputShape[h + 1], kernel.width(), stride.width(), dilation.width());
    return new Padding2D(rows[0], columns[0], rows[1], columns[1]);
  }

  /**
   * The padding along one axis that makes the output size ceil(input / stride), as TensorFlow and
   * DL4J's {@code Same} mode do; an odd zero goes behind.
   *
   * @return zeros before and behind
   */
  public static int[] samePadding(int input, int kernel, int stride, int dilation) {
    int output = (input + stride - 1) / stride;
    int total = Math.max(0, (output - 1) * stride + effective(kernel, dilation) - input);
    return new int[] {total / 2, total - total / 2};
  }
}
