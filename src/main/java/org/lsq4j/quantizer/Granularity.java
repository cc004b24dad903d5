package org.lsq4j.quantizer;

/** How many elements share one step size and offset. */
public enum Granularity {
  /** One step size for the whole tensor. */
  PER_TENSOR,
  /** One step size for each output channel. Weights only. */
  PER_CHANNEL
}
