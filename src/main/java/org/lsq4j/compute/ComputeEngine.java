package org.lsq4j.compute;

import org.nd4j.linalg.api.buffer.DataType;

/**
 * How tensors are computed on a backend. Layers ask an engine for kernels and contain none
 * themselves; engines are interchangeable and agree within float rounding. Which one is used:
 * {@link ComputeEngines}.
 */
public interface ComputeEngine {

  /** Short name, as it is chosen by: {@code nd4j}. */
  String name();

  /** One line for people: backend, instruction set, threads. */
  String description();

  /** Whether the kernels compute tensors of an element type. */
  default boolean supports(DataType type) {
    return type == DataType.FLOAT || type == DataType.DOUBLE;
  }

  /** A kernel for one quantizer. */
  FakeQuantizeKernel fakeQuantize();

  /** A kernel for one convolution. */
  LinearKernel convolution(ConvolutionGeometry geometry);

  /** A kernel for one matrix product. */
  LinearKernel matrixProduct();

  /**
   * A kernel for one batch normalization.
   *
   * @param channelAxis axis of the channels: 1 for NCHW and for matrices, 3 for NHWC
   * @param epsilon added to the variance
   * @param rectifier applied to the result
   */
  BatchNormKernel batchNorm(int channelAxis, double epsilon, Rectifier rectifier);

  /**
   * A kernel for one sum of tensors, or for one rectifier alone.
   *
   * @param rectifier applied to the result
   */
  SumKernel sum(Rectifier rectifier);

  /** A kernel for one pooling. */
  PoolingKernel pooling(PoolingGeometry geometry);

  /** A kernel for one activation function Swish: y = x / (1 + exp(-x)). */
  ActivationKernel swish();
}
