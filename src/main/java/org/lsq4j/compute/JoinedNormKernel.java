package org.lsq4j.compute;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A batch normalization joined with what stands around it. Behind it that is a fake quantizer or a
 * sum of two with the quantizers that read it, so that the normalized values themselves are never
 * written: they are made anew from x where they are needed. Convolutions before and behind it get
 * and give their tensors in the form they like. With v = gamma (x - mean) / sqrt(variance +
 * epsilon) + beta and a {@link Rectifier} r
 *
 * <pre>
 * behind it a quantizer:  xHat = Q(v)        behind it a sum:  y = r(v + other)
 * </pre>
 *
 * <p>A quantizer whose smallest code is 0 rectifies by itself, Q(max(0, v)) = Q(v), also in its
 * gradient.
 *
 * <p>A training step calls, in this order: {@link #statistics}; {@link #quantize}, {@link #rectify}
 * or {@link #add}; then backward {@link #backpropQuantizer}, {@link #backpropRectifier} or {@link
 * #backpropSum}, which keep the sums of dL/dv; and {@link #backward}. All tensors are of one shape,
 * channels last, dense and float; each can be in blocks of channels, if these are a multiple of 32
 * and an image's pixels are even in number (those of a dL/dx made of plain tensors may be odd). Not
 * for use by several threads.
 */
public interface JoinedNormKernel {

  /**
   * What is normalized.
   *
   * @param x input, not changed
   * @param tensors parameters and statistics, each of shape [channels]
   */
  record Normalized(FormedTensor x, BatchNormTensors tensors) {}

  /**
   * A sum that normalized values are a term of.
   *
   * @param other term, not changed
   * @param rectifier r
   * @param y result, overwritten
   */
  record Sum(FormedTensor other, Rectifier rectifier, FormedTensor y) {}

  /** Whether tensors like this one can be computed. */
  boolean fits(INDArray x);

  /** Computes the batch's mean and population variance into the tensors. */
  void statistics(Normalized input);

  /**
   * Computes Q(v).
   *
   * @param input with its statistics
   * @param quantizer one step for the whole tensor, no offset
   */
  Operand quantize(Normalized input, QuantizerTensors quantizer);

  /**
   * Computes y = r(v).
   *
   * @param input with its statistics
   * @param rectifier r
   * @param y result, overwritten
   */
  void rectify(Normalized input, Rectifier rectifier, FormedTensor y);

  /**
   * Computes y = r(v + other), and Q(y) for the quantizers that read it.
   *
   * @param input with its statistics
   * @param sum what is added, and where y goes
   * @param quantizers each with one step for the whole tensor, no offset
   * @return Q(y) for each of them
   */
  List<Operand> add(Normalized input, Sum sum, List<QuantizerTensors> quantizers);

  /**
   * Propagates a gradient through the quantizer of the last {@link #quantize}.
   *
   * @param input as then
   * @param upstream dL/dxHat, not changed
   * @param gradients where dL/ds goes
   */
  void backpropQuantizer(Normalized input, FormedTensor upstream, QuantizerGradients gradients);

  /**
   * Propagates a gradient through the rectifier of the last {@link #rectify}.
   *
   * @param input as then
   * @param dy dL/dy, not changed
   */
  void backpropRectifier(Normalized input, FormedTensor dy);

  /**
   * Propagates gradients through the sum of the last {@link #add} and through its quantizers.
   *
   * @param input as then
   * @param y its result
   * @param upstream what came back, not changed; the quantized ones in the order of the quantizers,
   *     for which y has to be plain
   * @param dv overwritten with dL/dv, which is dL/dother too
   */
  void backpropSum(Normalized input, FormedTensor y, SumUpstream upstream, FormedTensor dv);

  /**
   * Gradients through normalization and batch statistics.
   *
   * @param input as in the forward pass
   * @param dy what was given to {@link #backpropQuantizer} or {@link #backpropRectifier}, or the
   *     dL/dv that {@link #backpropSum} wrote; not changed
   * @param form in which dL/dx is written
   * @param gradients where the results go
   */
  void backward(Normalized input, FormedTensor dy, TensorForm form, BatchNormGradients gradients);
}
