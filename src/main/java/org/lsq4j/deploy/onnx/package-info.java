/**
 * ONNX files: from graphs of integer operations to QuantizeLinear/DequantizeLinear and QONNX
 * models, and running them with ONNX Runtime. Nothing else here knows ONNX.
 */
package org.lsq4j.deploy.onnx;
