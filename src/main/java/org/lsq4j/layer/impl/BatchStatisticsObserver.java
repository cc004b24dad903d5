package org.lsq4j.layer.impl;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Sees the statistics of every batch that reaches a batch norm. */
@FunctionalInterface
public interface BatchStatisticsObserver {

  /** Sees nothing. */
  BatchStatisticsObserver NONE = (mean, variance, values) -> {};

  /**
   * Called with the statistics of a batch, one value a channel; both arrays are valid during the
   * call only.
   *
   * @param mean of each channel
   * @param variance population variance of each channel
   * @param values how many values of each channel they were computed from
   */
  void observe(INDArray mean, INDArray variance, long values);
}
