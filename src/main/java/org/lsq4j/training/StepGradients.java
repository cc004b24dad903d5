package org.lsq4j.training;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The gradients of one step before the updater sees them. As everywhere in DL4J they are sums over
 * the batch; the updater divides by its size.
 */
public final class StepGradients {

  private final boolean isGraph;
  private final Gradient gradient;
  private final int examples;

  /** The gradients that a network has just computed. */
  public StepGradients(Model network) {
    isGraph = network instanceof ComputationGraph;
    gradient = network.gradient();
    examples = network.batchSize();
  }

  /** Size of the batch. */
  public int examples() {
    return examples;
  }

  /** The gradient of a layer's parameter: a view, of the parameter's shape and memory layout. */
  public INDArray of(Layer layer, String key) {
    String name =
        isGraph ? layer.conf().getLayer().getLayerName() : Integer.toString(layer.getIndex());
    return gradient.getGradientFor(name + "_" + key);
  }
}
