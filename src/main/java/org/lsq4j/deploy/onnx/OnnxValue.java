package org.lsq4j.deploy.onnx;

/**
 * Real numbers in an ONNX graph.
 *
 * @param name of the tensor
 * @param isVector whether its shape is [N, channels], else [N, channels, height, width]
 */
record OnnxValue(String name, boolean isVector) {

  OnnxValue withName(String newName) {
    return new OnnxValue(newName, isVector);
  }
}
