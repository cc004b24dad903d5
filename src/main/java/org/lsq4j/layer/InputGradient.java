package org.lsq4j.layer;

/** Whether a layer computes the gradient of its input in training. */
public enum InputGradient {
  /** As layers do. */
  COMPUTED,
  /**
   * Only as far as the layer itself needs it: an input quantizer learns from it. For layers that
   * read the network's input, whose gradient nobody asks for; the layer then hands on none, like
   * DL4J's embedding layers.
   */
  SKIPPED
}
