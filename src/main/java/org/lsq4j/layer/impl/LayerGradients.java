package org.lsq4j.layer.impl;

import java.util.Map;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Between views by name and the flat arrays of a network. */
final class LayerGradients {

  private LayerGradients() {}

  /** The views as DL4J's gradient, in flattening order. */
  static Gradient of(Map<String, INDArray> views, char weightOrder) {
    Gradient gradient = new DefaultGradient();
    views.forEach(
        (key, view) -> {
          if (key.equals(QuantizedParamInitializer.WEIGHT)) {
            gradient.setGradientFor(key, view, weightOrder);
          } else {
            gradient.setGradientFor(key, view);
          }
        });
    return gradient;
  }

  /**
   * Copies flat parameters over flat parameters; DL4J's own copy would transpose row-major weights.
   */
  static void assignFlat(INDArray target, INDArray source) {
    if (source == target) {
      return;
    }
    if (source.length() != target.length()) {
      throw new IllegalArgumentException(
          "Layer has " + target.length() + " parameters, got " + source.length());
    }
    target.assign(source.reshape(target.shape()));
  }
}
