package org.lsq4j.network;

import org.lsq4j.quantizer.CodeSign;

/** What kind of values can reach a layer. */
public enum InputValues {
  /** None is negative: after ReLU, sigmoid and the like. */
  UNSIGNED,
  /** Negative and positive ones, of about the same size: images, weights' products, tanh. */
  SIGNED,
  /**
   * Some are negative, but they are smaller than the positive ones: after Swish, GELU, hard-swish,
   * Mish, ELU, leaky ReLU.
   */
  SKEWED;

  /** The codes that can hold all these values without an offset. */
  public CodeSign sign() {
    return this == UNSIGNED ? CodeSign.UNSIGNED : CodeSign.SIGNED;
  }
}
