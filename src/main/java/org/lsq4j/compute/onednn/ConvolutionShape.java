package org.lsq4j.compute.onednn;

import java.util.Arrays;
import org.bytedeco.dnnl.memory;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.Size2D;
import org.lsq4j.compute.dnnl.Descriptors;

/**
 * Everything oneDNN needs to know of a convolution before it sees numbers.
 *
 * @param geometry how it moves
 * @param examples batch size
 * @param inChannels input channels
 * @param inHeight input rows
 * @param inWidth input columns
 * @param outChannels output channels
 */
record ConvolutionShape(
    ConvolutionGeometry geometry,
    long examples,
    long inChannels,
    long inHeight,
    long inWidth,
    long outChannels) {

  static ConvolutionShape of(ConvolutionGeometry geometry, long[] input, long[] weights) {
    int h = geometry.heightAxis();
    return new ConvolutionShape(
        geometry, input[0], input[geometry.channelAxis()], input[h], input[h + 1], weights[0]);
  }

  /** The same convolution of one example only. */
  ConvolutionShape ofOneExample() {
    return new ConvolutionShape(geometry, 1, inChannels, inHeight, inWidth, outChannels);
  }

  /**
   * Whether it is a matrix product: a convolution of images of one pixel by a kernel of one. Its
   * tensors have two sizes then, and lie in memory alike in both formats.
   */
  boolean isMatrixProduct() {
    return inHeight == 1
        && inWidth == 1
        && geometry.kernel().equals(Size2D.ONE)
        && geometry.padding().equals(Padding2D.NONE)
        && geometry.groups() == 1;
  }

  /** [N, C, H, W] of the input; [N, C] of a matrix product. */
  long[] input() {
    return isMatrixProduct() ? new long[] {examples, inChannels} : inputImages();
  }

  private long[] inputImages() {
    return new long[] {examples, inChannels, inHeight, inWidth};
  }

  /** [N, C, H, W] of the output; [N, C] of a matrix product. */
  long[] output() {
    if (isMatrixProduct()) {
      return new long[] {examples, outChannels};
    }
    long[] inCallersFormat =
        isChannelsFirst() ? inputImages() : new long[] {examples, inHeight, inWidth, inChannels};
    long[] shape = geometry.outputShape(inCallersFormat, outChannels);
    int h = geometry.heightAxis();
    return new long[] {examples, outChannels, shape[h], shape[h + 1]};
  }

  /**
   * Sizes of the weights: [O, I, kH, kW], or [G, O / G, I / G, kH, kW]; [O, I] of a matrix product.
   */
  long[] weights() {
    if (isMatrixProduct()) {
      return new long[] {outChannels, inChannels};
    }
    long height = geometry.kernel().height();
    long width = geometry.kernel().width();
    long groups = geometry.groups();
    return groups == 1
        ? new long[] {outChannels, inChannels, height, width}
        : new long[] {groups, outChannels / groups, inChannels / groups, height, width};
  }

  /** Elements of the input. */
  long inputLength() {
    return length(input());
  }

  /** Elements of the output. */
  long outputLength() {
    return length(output());
  }

  /** Elements of the weights. */
  long weightsLength() {
    return length(weights());
  }

  private static long length(long[] sizes) {
    return Arrays.stream(sizes).reduce(1, (a, b) -> a * b);
  }

  /** The caller's layout of an {@link #input} or {@link #output}. */
  memory.desc callersLayout(memory.data_type type, long[] sizes) {
    return isChannelsFirst() && !isMatrixProduct()
        ? Descriptors.channelsFirst(type, sizes)
        : channelsLast(type, sizes);
  }

  /** The layout, of those without gaps, that most primitives work on. */
  memory.desc channelsLast(memory.data_type type, long[] sizes) {
    return isMatrixProduct()
        ? Descriptors.dense(type, sizes)
        : Descriptors.channelsLast(type, sizes);
  }

  /** A number for all output channels, or one for each, beside an {@link #output}. */
  memory.desc perChannel(long count) {
    return isMatrixProduct() ? Descriptors.dense(1, count) : Descriptors.dense(1, count, 1, 1);
  }

  long[] strides() {
    return new long[] {geometry.stride().height(), geometry.stride().width()};
  }

  /** oneDNN counts the zeros between taps. */
  long[] dilations() {
    return new long[] {geometry.dilation().height() - 1L, geometry.dilation().width() - 1L};
  }

  long[] paddingBefore() {
    return new long[] {geometry.padding().top(), geometry.padding().left()};
  }

  /**
   * oneDNN wants the padding that the output size implies: rows that no kernel reaches are not
   * there.
   */
  long[] paddingBehind() {
    long[] out = output();
    return new long[] {
      behind(out[2], inHeight, geometry.kernel().height(), 0),
      behind(out[3], inWidth, geometry.kernel().width(), 1)
    };
  }

  private long behind(long out, long in, long kernel, int axis) {
    long reach = (out - 1) * strides()[axis] + (kernel - 1) * (dilations()[axis] + 1) + 1;
    return reach - in - paddingBefore()[axis];
  }

  private boolean isChannelsFirst() {
    return geometry.format() == CNN2DFormat.NCHW;
  }
}
