package org.lsq4j.compute;

import org.deeplearning4j.nn.conf.CNN2DFormat;

/**
 * How a 2-D pooling moves over its input, each channel by itself.
 *
 * @param kind what is made of the pixels
 * @param format NCHW or NHWC, of input and output
 * @param kernel size of the window
 * @param stride step between output pixels
 * @param padding around the input, less than the window: symmetric, or that of DL4J's {@code Same}
 *     mode ({@link ConvolutionGeometry#samePadding})
 */
public record PoolingGeometry(
    PoolingKind kind, CNN2DFormat format, Size2D kernel, Size2D stride, Padding2D padding) {

  /** Refuses padding in which a window could see no pixel. */
  public PoolingGeometry {
    boolean fits =
        Math.max(padding.top(), padding.bottom()) < kernel.height()
            && Math.max(padding.left(), padding.right()) < kernel.width();
    if (!fits) {
      throw new IllegalArgumentException(
          "Padding must be less than the window of "
              + kernel.height()
              + " x "
              + kernel.width()
              + ", got "
              + padding);
    }
  }

  /** Axis of the channels in input and output. */
  public int channelAxis() {
    return window().channelAxis();
  }

  /** Axis of the rows in input and output. */
  public int heightAxis() {
    return window().heightAxis();
  }

  /**
   * Shape of the output.
   *
   * @param inputShape shape of the input, 4 sizes
   */
  public long[] outputShape(long[] inputShape) {
    return window().outputShape(inputShape, inputShape[channelAxis()]);
  }

  /** The padding that DL4J's {@code Same} mode means for an input. */
  public Padding2D samePadding(long[] inputShape) {
    return window().samePadding(inputShape);
  }

  private ConvolutionGeometry window() {
    return new ConvolutionGeometry(format, 1, kernel, stride, Size2D.ONE, padding);
  }
}
