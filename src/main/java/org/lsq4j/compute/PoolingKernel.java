package org.lsq4j.compute;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The largest or the mean of the pixels in a moving window, for each channel by itself. Keeps what
 * the backward pass needs to know of the last forward pass; not for use by several threads.
 */
public interface PoolingKernel {

  /**
   * Computes y.
   *
   * @param x [N, C, H, W] or [N, H, W, C], not changed
   * @param y result in the same format, overwritten
   */
  void forwardInference(INDArray x, INDArray y);

  /** Computes y and keeps what {@link #backward} needs. */
  void forwardTraining(INDArray x, INDArray y);

  /**
   * Computes dL/dx.
   *
   * @param x as in the last call of {@link #forwardTraining}, not changed
   * @param dy dL/dy, not changed
   * @param dx dL/dx, overwritten
   */
  void backward(INDArray x, INDArray dy, INDArray dx);
}
