package org.lsq4j.data;

/** How raw pixel values are scaled before a network sees them. */
public enum NormalizationKind {
  /** Mean 0 and standard deviation 1 a channel, over the train set. */
  STANDARDIZE,
  /** To [0, 1]: bytes divided by 255; real values by the extremes a channel of the train set. */
  UNIT,
  /** Raw values. */
  NONE
}
