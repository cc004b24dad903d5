package org.lsq4j.quantizer;

/** Whether the integer codes of a quantizer can be negative. */
public enum CodeSign {
  /** Codes from -2^(b-1) to 2^(b-1)-1: weights, and activations that can be negative. */
  SIGNED,
  /** Codes from 0 to 2^b-1: activations after ReLU, sigmoid, softmax or pooling of these. */
  UNSIGNED
}
