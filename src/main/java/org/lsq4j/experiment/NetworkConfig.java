package org.lsq4j.experiment;

import java.nio.file.Path;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.network.ReferenceNetwork;

/**
 * The float network. Either {@code architecture} or {@code model}.
 *
 * @param architecture a built-in network, such as {@code resnet20}, with random weights
 * @param model a file written by LSQ4J or by DL4J's ModelSerializer, or a Keras 2 model in HDF5
 * @param format order of a batch's axes: {@code nchw} or {@code nhwc}; by default as in the model
 *     file, else {@code nhwc}, the faster
 * @param batchNorm whether quantized networks {@code keep} the batch norms of the float network or
 *     start from it with batch norms folded ({@code fold})
 */
public record NetworkConfig(
    String architecture, String model, CNN2DFormat format, BatchNormHandling batchNorm) {

  void check() {
    if ((architecture == null) == (model == null)) {
      throw new IllegalArgumentException(
          "architecture: give either architecture (a built-in network) or model (a file), "
              + (model == null ? "got neither" : "got both"));
    }
    if (architecture != null) {
      requireKnown();
    }
  }

  private void requireKnown() {
    try {
      ReferenceNetwork.named(architecture);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("architecture: " + e.getMessage(), e);
    }
  }

  NetworkConfig withFormat(CNN2DFormat chosen) {
    return new NetworkConfig(architecture, model, chosen, batchNorm);
  }

  /** The model file; only if there is one. */
  Path modelFile() {
    return Path.of(model);
  }
}
