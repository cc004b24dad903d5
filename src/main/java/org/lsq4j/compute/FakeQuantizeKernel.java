package org.lsq4j.compute;

import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Fake quantization of one tensor of a network: equations (1) and (2) of {@link
 * org.lsq4j.quantizer.FakeQuantizer} and their gradients. Holds what the forward pass keeps for the
 * backward pass, so each quantizer has its own; not for use by several threads.
 */
public interface FakeQuantizeKernel {

  /**
   * Quantizes.
   *
   * @param x values of any shape; not changed
   * @param parameters s and z, initialised
   * @param memory for what must live until the backward pass
   */
  Operand forward(INDArray x, QuantizerTensors parameters, TensorMemory memory);

  /**
   * Propagates a gradient through the quantizer, for the x of the last forward pass.
   *
   * @param x the same values
   * @param parameters the same s and z
   * @param upstream dL/dxHat, of x's shape; overwritten with dL/dx
   * @param gradients where dL/ds and dL/dz go, overwritten
   */
  void backward(
      INDArray x, QuantizerTensors parameters, INDArray upstream, QuantizerGradients gradients);

  /**
   * dxHat/ds of each element, for the x of the last forward pass. As y is linear in xHat, dL/ds is
   * the sum of W dL/dW with these in the place of xHat: less work than dL/dxHat where nobody else
   * asks for that.
   *
   * @param x the same values
   * @param parameters the same s
   * @return of x's shape, valid until the next call; empty if this quantizer cannot
   */
  default Optional<INDArray> stepSlopes(INDArray x, QuantizerTensors parameters) {
    return Optional.empty();
  }
}
