package org.lsq4j.compute;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A tensor that a convolution or matrix product reads: plain values, or what a fake quantizer made.
 * An engine that computes on integer codes hands itself its own kind of operand; every engine can
 * read {@link #values}.
 */
public interface Operand {

  /**
   * The real values, dequantized where there are codes. Valid until the end of the training step.
   */
  INDArray values();

  /** An operand without a quantizer. */
  static Operand plain(INDArray values) {
    return FormedTensor.plain(values);
  }
}
