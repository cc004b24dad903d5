package org.lsq4j.quantizer;

/**
 * How much of the two's-complement range signed codes use. Unsigned codes are always {@link #FULL}.
 */
public enum CodeSpan {
  /** 3 bits signed: -4..3, eight levels. The papers' choice. */
  FULL,
  /**
   * 3 bits signed: -3..3, seven levels: symmetric, for hardware whose products must not overflow.
   */
  NARROW
}
