package org.lsq4j.compute.onednn;

import java.util.Arrays;
import org.bytedeco.dnnl.memory;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.compute.ConvolutionGeometry;
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

  /** [N, C, H, W] of the input. */
  long[] input() {
    return new long[] {examples, inChannels, inHeight, inWidth};
  }

  /** [N, C, H, W] of the output. */
  long[] output() {
    long[] inCallersFormat =
        isChannelsFirst() ? input() : new long[] {examples, inHeight, inWidth, inChannels};
    long[] shape = geometry.outputShape(inCallersFormat, outChannels);
    int h = geometry.heightAxis();
    return new long[] {examples, outChannels, shape[h], shape[h + 1]};
  }

  /** Sizes of the weights: [O, I, kH, kW], or [G, O / G, I / G, kH, kW]. */
  long[] weights() {
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

  /** The caller's layout of an image tensor given by its [N, C, H, W]. */
  memory.desc callersLayout(memory.data_type type, long[] nchw) {
    return isChannelsFirst()
        ? Descriptors.channelsFirst(type, nchw)
        : Descriptors.channelsLast(type, nchw);
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
