package org.lsq4j.deploy.onnx;

import org.lsq4j.deploy.graph.Quantizer;

/** Leaves quantizers out: activations stay as they are, weights are the float numbers they mean. */
final class NoQuantizers implements Quantizers {

  private final OnnxNodes nodes;

  NoQuantizers(OnnxNodes nodes) {
    this.nodes = nodes;
  }

  @Override
  public String activations(String name, String source, Quantizer quantizer) {
    return source;
  }

  @Override
  public String weights(String name, WeightTensor weights) {
    return nodes.floats(name + ".weight", weights.values(), weights.sizes());
  }
}
