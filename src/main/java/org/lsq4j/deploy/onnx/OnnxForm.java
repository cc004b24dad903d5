package org.lsq4j.deploy.onnx;

/** How an ONNX model says what is quantized. */
public enum OnnxForm {
  /** Standard ONNX: weights as integers, QuantizeLinear and DequantizeLinear around products. */
  QDQ,
  /** {@code Quant} nodes of QONNX on float weights and activations. */
  QONNX
}
