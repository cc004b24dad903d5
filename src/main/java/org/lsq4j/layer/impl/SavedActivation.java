package org.lsq4j.layer.impl;

import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An activation function that keeps its input for the backward pass, so that the layer need not
 * compute it again.
 */
final class SavedActivation {

  private INDArray preActivation;

  INDArray apply(IActivation function, INDArray z, boolean training, LayerWorkspaceMgr workspaces) {
    if (function instanceof ActivationIdentity) {
      return z;
    }
    preActivation = workspaces.dup(LayerMemory.lifetime(training), z);
    return function.getActivation(z, training);
  }

  /** dL/dz for dL/da. */
  INDArray backprop(IActivation function, INDArray epsilon) {
    if (function instanceof ActivationIdentity) {
      return epsilon;
    }
    return function.backprop(preActivation, epsilon).getFirst();
  }

  void clear() {
    preActivation = null;
  }
}
