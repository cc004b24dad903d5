package org.lsq4j.deploy.graph;

import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.Size2D;

/**
 * How a convolution or a pooling moves over an image.
 *
 * @param kernel taps
 * @param stride step between output pixels
 * @param dilation distance between taps
 * @param padding pixels around the image that are not there: a convolution's sum and a pooling
 *     leave them out
 */
public record Window(Size2D kernel, Size2D stride, Size2D dilation, Padding2D padding) {

  /** The largest size, stride, dilation and padding. */
  public static final int LARGEST = 0xffff;

  /** Refuses sizes that no network has, with which sums of them could overflow. */
  public Window {
    requireSmall(kernel);
    requireSmall(stride);
    requireSmall(dilation);
    requireSmall(padding);
  }

  /** One that covers a whole image. */
  public static Window covering(Shape image) {
    return new Window(
        new Size2D(image.height(), image.width()), Size2D.ONE, Size2D.ONE, Padding2D.NONE);
  }

  private static void requireSmall(Size2D size) {
    if (size.height() > LARGEST || size.width() > LARGEST) {
      throw new IllegalArgumentException("window of " + size + " is larger than " + LARGEST);
    }
  }

  static void requireSmall(Padding2D padding) {
    if (Math.max(padding.top(), padding.bottom()) > LARGEST
        || Math.max(padding.left(), padding.right()) > LARGEST) {
      throw new IllegalArgumentException("padding of " + padding + " is larger than " + LARGEST);
    }
  }

  /**
   * The image that comes out of one.
   *
   * @throws IllegalArgumentException if the window is larger than the padded image
   */
  public Shape over(Shape image, int channels) {
    return new Shape(
        outputs(image.height(), padding.top() + padding.bottom(), rows()),
        outputs(image.width(), padding.left() + padding.right(), columns()),
        channels);
  }

  private int outputs(int size, int added, Axis axis) {
    long room = (long) size + added - axis.reach();
    if (room < 0) {
      throw new IllegalArgumentException(
          "window of "
              + axis.reach()
              + " does not fit into "
              + size
              + " pixels and "
              + added
              + " padded");
    }
    return (int) (room / axis.stride() + 1);
  }

  /** The vertical part. */
  public Axis rows() {
    return new Axis(kernel.height(), stride.height(), dilation.height(), padding.top());
  }

  /** The horizontal part. */
  public Axis columns() {
    return new Axis(kernel.width(), stride.width(), dilation.width(), padding.left());
  }

  /**
   * A window along one axis.
   *
   * @param kernel taps
   * @param stride step between outputs
   * @param dilation distance between taps
   * @param before padding before the first pixel
   */
  public record Axis(int kernel, int stride, int dilation, int before) {

    /** Pixels from the first tap to the last. */
    public long reach() {
      return (long) (kernel - 1) * dilation + 1;
    }

    /** The input pixel that a tap of an output reads; outside of the image for a padded one. */
    public int input(int output, int tap) {
      return output * stride - before + tap * dilation;
    }
  }
}
