package org.lsq4j.deploy.onnx;

/** How an ONNX model says what is quantized. */
public enum OnnxForm {
  /** Standard ONNX: weights as integers, QuantizeLinear and DequantizeLinear around products. */
  QDQ,
  /** {@code Quant} nodes of QONNX on float weights and activations. */
  QONNX,
  /**
   * Quantizers of 8 bits at every tensor and of any step, as ONNX Runtime's own static quantization
   * places them, so that residual sums are computed in integers, too. For comparisons of times
   * alone: the results mean nothing.
   */
  EVERYWHERE,
  /** No quantizers: the real numbers that weight codes stand for, in float. For comparisons. */
  FLOAT
}
