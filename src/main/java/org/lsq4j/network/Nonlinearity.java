package org.lsq4j.network;

import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastActivation;
import org.lsq4j.layer.StableActivation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationReLU6;

/** The activation functions that follow a batch norm in reference networks. */
enum Nonlinearity {
  /** max(x, 0). */
  RELU,
  /** min(max(x, 0), 6). */
  RELU6,
  /** x sigmoid(x). */
  SWISH;

  /**
   * A batch norm and the function: one layer for ReLU, else two.
   *
   * @param norm the batch norm's name, ending in {@code norm} and perhaps a number; the second
   *     layer has the function's name in its place
   */
  Layer[] behindNorm(String norm) {
    return switch (this) {
      case RELU -> new Layer[] {ReferenceLayers.norm(norm, Rectifier.RELU)};
      case RELU6 -> with(norm, layer(norm, new ActivationReLU6()));
      case SWISH -> with(norm, FastActivation.of(layer(norm, StableActivation.swish())));
    };
  }

  private ActivationLayer layer(String norm, IActivation function) {
    return new ActivationLayer.Builder()
        .name(norm.replace("norm", Networks.words(this)))
        .activation(function)
        .build();
  }

  private static Layer[] with(String norm, Layer activation) {
    return new Layer[] {ReferenceLayers.norm(norm, Rectifier.NONE), activation};
  }
}
