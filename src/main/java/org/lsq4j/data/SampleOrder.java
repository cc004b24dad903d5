package org.lsq4j.data;

/** In which order the images of an epoch come. */
public enum SampleOrder {
  /** As stored, every image, the last batch smaller if need be: for evaluation. */
  IN_ORDER,
  /**
   * Shuffled anew every epoch, for training. A last batch that is not full is left out, unless it
   * is the only one: its few images would weigh more than the others.
   */
  SHUFFLED
}
