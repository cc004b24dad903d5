package org.lsq4j.quantizer;

/**
 * Which elements of a flat array share a step size: element i belongs to channel {@code (i / inner)
 * % channels}.
 *
 * <p>A row-major tensor of shape [a, C, b, c] with its channels on axis 1 has {@code channels = C}
 * and {@code inner = b * c}. One channel means per tensor.
 *
 * @param channels number of steps, at least 1
 * @param inner product of the sizes behind the channel axis, at least 1
 */
public record ChannelLayout(int channels, int inner) {

  /** All elements share one step. */
  public static final ChannelLayout PER_TENSOR = new ChannelLayout(1, 1);

  /** Refuses empty layouts. */
  public ChannelLayout {
    if (channels < 1 || inner < 1) {
      throw new IllegalArgumentException(
          "Channel layout needs at least one channel and one inner element, got "
              + channels
              + " and "
              + inner);
    }
  }

  /** The layout of a row-major tensor whose steps run along {@code axis}. */
  public static ChannelLayout ofAxis(long[] shape, int axis) {
    long inner = 1;
    for (int i = axis + 1; i < shape.length; i++) {
      inner *= shape[i];
    }
    return new ChannelLayout(Math.toIntExact(shape[axis]), Math.toIntExact(inner));
  }

  /** The channel of element {@code index}. */
  public int channel(int index) {
    return channels == 1 ? 0 : (index / inner) % channels;
  }
}
