package org.lsq4j.data;

/** How long the features of a batch stay valid. */
public enum BatchMemory {
  /** As long as you hold them: every batch has an array of its own. */
  FRESH,
  /**
   * Until the next batch is made, which overwrites them. Enough for training and evaluation, and
   * several times faster for large batches, because the system need not hand out new memory pages.
   */
  REUSED
}
