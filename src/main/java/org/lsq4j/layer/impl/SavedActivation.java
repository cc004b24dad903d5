package org.lsq4j.layer.impl;

import java.util.Optional;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.lsq4j.compute.ActivationKernel;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.layer.FastActivation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An activation function that keeps its input for the backward pass, so that the layer need not
 * compute it again. Computed by the engine if it has the function.
 */
final class SavedActivation {

  private final ComputeEngine engine;
  private IActivation known;
  private Optional<ActivationKernel> kernel;
  private INDArray preActivation;

  SavedActivation(ComputeEngine engine) {
    this.engine = engine;
  }

  /** The result, a new array of the layer's activations or z itself. */
  INDArray apply(IActivation function, INDArray z, boolean training, LayerWorkspaceMgr workspaces) {
    if (function instanceof ActivationIdentity) {
      return z;
    }
    if (kernel(function).isEmpty()) {
      preActivation = workspaces.dup(LayerMemory.lifetime(training), z);
      return function.getActivation(z, training);
    }
    preActivation = z;
    INDArray result =
        workspaces.createUninitialized(
            ArrayType.ACTIVATIONS, z.dataType(), z.shape(), z.ordering());
    kernel.get().forward(z, result);
    return result;
  }

  /** dL/dz for dL/da. */
  INDArray backprop(IActivation function, INDArray epsilon) {
    if (function instanceof ActivationIdentity) {
      return epsilon;
    }
    if (kernel(function).isEmpty()) {
      return function.backprop(preActivation, epsilon).getFirst();
    }
    INDArray dz = preActivation.ulike();
    kernel.get().backward(preActivation, epsilon, dz);
    return dz;
  }

  private Optional<ActivationKernel> kernel(IActivation function) {
    if (function != known) {
      known = function;
      kernel = FastActivation.kernelOf(function, engine);
    }
    return kernel;
  }

  void clear() {
    preActivation = null;
  }
}
