package org.lsq4j.compute.profile;

import org.lsq4j.compute.ComputeEngine;

/** What the kernels of a {@link ComputeEngine} do, as a {@link ProfilingEngine} tells it apart. */
public enum KernelKind {
  /** Fake quantization of weights and inputs. */
  QUANTIZER_FORWARD,
  /** Gradients through fake quantization. */
  QUANTIZER_BACKWARD,
  /** Convolutions. */
  CONVOLUTION_FORWARD,
  /** Gradients of convolutions. */
  CONVOLUTION_BACKWARD,
  /** Matrix products. */
  MATRIX_PRODUCT_FORWARD,
  /** Gradients of matrix products. */
  MATRIX_PRODUCT_BACKWARD,
  /** Batch norm, with statistics of the batch or given ones, and the rectifier in it. */
  BATCH_NORM_FORWARD,
  /** Gradients of batch norm. */
  BATCH_NORM_BACKWARD,
  /** Batch norm together with the quantizer or the sum behind it, which then have no calls. */
  JOINED_NORM_FORWARD,
  /** Gradients of these. */
  JOINED_NORM_BACKWARD,
  /** Sums and rectifiers. */
  SUM_FORWARD,
  /** Gradients of sums and rectifiers. */
  SUM_BACKWARD,
  /** Poolings. */
  POOLING_FORWARD,
  /** Gradients of poolings. */
  POOLING_BACKWARD,
  /** Other activation functions. */
  ACTIVATION_FORWARD,
  /** Gradients of other activation functions. */
  ACTIVATION_BACKWARD
}
