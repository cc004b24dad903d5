package org.lsq4j.compute;

import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Batch normalization y = r(gamma (x - mean) / sqrt(variance + epsilon) + beta) over all axes but
 * the channels', with a {@link Rectifier} r. Keeps what the backward pass needs of the last forward
 * pass in training, so each layer has its own; not for use by several threads.
 */
public interface BatchNormKernel {

  /** Normalizes with given statistics. */
  void forwardInference(INDArray x, BatchNormTensors tensors, INDArray y);

  /**
   * Computes the batch's mean and population variance into {@code tensors} and normalizes with
   * them.
   */
  void forwardTraining(INDArray x, BatchNormTensors tensors, INDArray y);

  /**
   * Gradients through normalization and batch statistics, for the x of the last forward pass in
   * training.
   *
   * @param x the input of the forward pass
   * @param tensors parameters and the statistics of the forward pass
   * @param dy dL/dy
   * @param gradients where the results go
   */
  void backward(INDArray x, BatchNormTensors tensors, INDArray dy, BatchNormGradients gradients);

  /**
   * The same normalization joined with what stands behind it; empty where the engine has none. Its
   * rectifier is given with each call.
   */
  default Optional<JoinedNormKernel> joined() {
    return Optional.empty();
  }
}
