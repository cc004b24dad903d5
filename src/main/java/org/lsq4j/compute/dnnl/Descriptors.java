package org.lsq4j.compute.dnnl;

import org.bytedeco.dnnl.memory;

/** Memory descriptors: what oneDNN knows of a tensor. */
public final class Descriptors {

  private Descriptors() {}

  /** A row-major float tensor of any rank up to 5. */
  public static memory.desc dense(long... shape) {
    return dense(memory.data_type.f32, shape);
  }

  /** A row-major tensor of an element type. */
  public static memory.desc dense(memory.data_type type, long... shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= shape[i];
    }
    return new memory.desc(shape, type, strides);
  }

  /** Any layout: the primitive chooses. */
  public static memory.desc any(memory.data_type type, long... shape) {
    return new memory.desc(shape, type, memory.format_tag.any);
  }

  /** An image tensor given by its logical sizes [N, C, H, W], stored [N, H, W, C]. */
  public static memory.desc channelsLast(memory.data_type type, long[] nchw) {
    return new memory.desc(nchw, type, memory.format_tag.acdb);
  }

  /** A float image tensor given by its logical sizes, stored [N, C / 16, H, W, 16]. */
  public static memory.desc channelBlocks(long[] nchw) {
    return new memory.desc(nchw, memory.data_type.f32, memory.format_tag.aBcd16b);
  }

  /** An image tensor given by its logical sizes, stored [N, C, H, W]. */
  public static memory.desc channelsFirst(memory.data_type type, long[] nchw) {
    return new memory.desc(nchw, type, memory.format_tag.abcd);
  }

  /**
   * An image tensor [N, C, H, W] or [N, H, W, C], or a matrix [N, C], as images of one pixel.
   *
   * @param channelAxis axis of the channels in {@code shape}
   */
  public static memory.desc images(memory.data_type type, int channelAxis, long[] shape) {
    if (shape.length == 2) {
      return channelsLast(type, new long[] {shape[0], shape[1], 1, 1});
    }
    return channelAxis == 1
        ? channelsFirst(type, shape)
        : channelsLast(type, new long[] {shape[0], shape[3], shape[1], shape[2]});
  }
}
