package org.lsq4j.compute;

/** What a pooling makes of the pixels that its window covers. Padding is no pixel. */
public enum PoolingKind {
  /** The largest; of equal ones the first has the gradient. */
  MAXIMUM,
  /** Their mean. */
  AVERAGE,
  /** Their sum divided by the size of the window: the mean, if padding counts as zeros. */
  AVERAGE_WITH_PADDING
}
