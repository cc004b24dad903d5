package org.lsq4j.layer;

import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.Padding2D;

/**
 * DL4J's settings of how a convolution or a pooling moves over an image, [vertical, horizontal]
 * each.
 *
 * @param mode how the padding is found
 * @param kernel taps
 * @param stride step between output pixels
 * @param dilation distance between taps
 * @param padding pixels on both sides, if the mode is none that finds them itself
 */
@SuppressWarnings("ArrayRecordComponent") // read once
public record WindowSettings(
    ConvolutionMode mode, int[] kernel, int[] stride, int[] dilation, int[] padding) {

  /** Those of a convolution. */
  public static WindowSettings of(ConvolutionLayer layer) {
    return new WindowSettings(
        layer.getConvolutionMode(),
        layer.getKernelSize(),
        layer.getStride(),
        layer.getDilation(),
        layer.getPadding());
  }

  /** Those of a pooling. */
  public static WindowSettings of(SubsamplingLayer layer) {
    return new WindowSettings(
        layer.getConvolutionMode(),
        layer.getKernelSize(),
        layer.getStride(),
        layer.getDilation(),
        layer.getPadding());
  }

  /** Those of a layer on sequences, whose second numbers say nothing. */
  public WindowSettings ofSequence() {
    return new WindowSettings(
        mode,
        new int[] {kernel[0], 1},
        new int[] {stride[0], 1},
        new int[] {dilation[0], 1},
        new int[] {padding[0], 0});
  }

  /**
   * The pixels around an image.
   *
   * @param height of the image, rows
   * @param width of the image, columns
   */
  public Padding2D paddingOf(int height, int width) {
    if (mode == ConvolutionMode.Same) {
      int[] vertical = same(0, height);
      int[] horizontal = same(1, width);
      return new Padding2D(vertical[0], horizontal[0], vertical[1], horizontal[1]);
    }
    if (mode == ConvolutionMode.Causal) {
      return new Padding2D((kernel[0] - 1) * dilation[0], 0, 0, 0);
    }
    return Padding2D.symmetric(padding[0], padding[1]);
  }

  private int[] same(int axis, int input) {
    return ConvolutionGeometry.samePadding(input, kernel[axis], stride[axis], dilation[axis]);
  }
}
