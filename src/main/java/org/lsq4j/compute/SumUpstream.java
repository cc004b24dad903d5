package org.lsq4j.compute;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The gradients that come back from the readers of a sum y.
 *
 * @param plain dL/dy of those that read y itself, in any form
 * @param quantized of those that read what a quantizer made of y
 */
public record SumUpstream(List<FormedTensor> plain, List<Quantized> quantized) {

  /**
   * The gradient of a quantized sum.
   *
   * @param gradient dL/dyHat
   * @param targets where the quantizer's gradients go
   */
  public record Quantized(INDArray gradient, QuantizerGradients targets) {}

  /** Takes copies of the lists. */
  public SumUpstream {
    plain = List.copyOf(plain);
    quantized = List.copyOf(quantized);
  }
}
