package org.lsq4j.layer;

/**
 * How a layer's weights are stored and initialised.
 *
 * @param shape sizes
 * @param order 'c' (row major) or 'f' (column major) within the flat parameters
 * @param channelAxis axis of the output channels
 * @param fanIn inputs that reach one output, for weight initialisation
 * @param fanOut outputs that one input reaches
 */
public record WeightLayout(long[] shape, char order, int channelAxis, double fanIn, double fanOut) {

  /** Number of weights. */
  public long length() {
    long length = 1;
    for (long size : shape) {
      length *= size;
    }
    return length;
  }

  /** Number of output channels. */
  public long channels() {
    return shape[channelAxis];
  }
}
