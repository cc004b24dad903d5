package org.lsq4j.layer.impl;

/**
 * Whether a layer's quantizers take part in the forward pass. Not saved: a loaded network is
 * active.
 */
public enum QuantizationMode {
  /** As specified. */
  ACTIVE,
  /** The layer computes in float: for calibration, and to compare. */
  BYPASS
}
