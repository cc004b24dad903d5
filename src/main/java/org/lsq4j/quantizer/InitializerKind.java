package org.lsq4j.quantizer;

/** How a quantizer's first step size (and offset) is found from data. */
public enum InitializerKind {
  /** LSQ: s = 2 mean|v| / sqrt(p), z = 0. */
  LSQ,
  /**
   * LSQ+: for weights s = max(|mu - 3 sigma|, |mu + 3 sigma|) / 2^(b-1); for activations the (s, z)
   * of least mean squared error, as {@link #MSE}.
   */
  LSQ_PLUS,
  /** The window [z + n s, z + p s] spans the smallest and largest value seen. */
  MIN_MAX,
  /** As {@link #MIN_MAX} with the 0.1 % most extreme values left out. */
  PERCENTILE,
  /** The step (and offset, where there is one) of least mean squared error. */
  MSE,
  /** The clipping threshold of least Kullback-Leibler divergence. Without offset only. */
  KL
}
