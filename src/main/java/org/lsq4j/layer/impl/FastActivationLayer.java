package org.lsq4j.layer.impl;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.ActivationLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.lsq4j.compute.ActivationKernel;
import org.lsq4j.layer.FastActivation;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link FastActivation}. */
public final class FastActivationLayer extends ActivationLayer {

  private static final long serialVersionUID = 1L;

  private final transient ActivationKernel kernel;
  private final boolean passesOn;

  /**
   * A layer of a network.
   *
   * @param kernel what it computes
   */
  public FastActivationLayer(
      NeuralNetConfiguration conf, ActivationKernel kernel, DataType dataType) {
    super(conf, dataType);
    this.kernel = kernel;
    passesOn = ((FastActivation) conf.getLayer()).passesOn();
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    if (passesOn) {
      return passOn(workspaces);
    }
    INDArray result =
        workspaces.createUninitialized(ArrayType.ACTIVATIONS, dataType, input.shape(), 'c');
    kernel.forward(input.castTo(dataType), result);
    return result;
  }

  /**
   * The input itself in training, where all activations share one workspace; a copy if the input's
   * workspace will be closed too early, as when a chain infers, or if the input is in no workspace:
   * it may be the network's own, which layers behind must not overwrite.
   */
  private INDArray passOn(LayerWorkspaceMgr workspaces) {
    return input.isAttached()
        ? workspaces.leverageTo(ArrayType.ACTIVATIONS, input)
        : workspaces.dup(ArrayType.ACTIVATIONS, input);
  }

  /**
   * Always a copy, even of what is only passed on: DL4J gives the gradient of each layer a
   * workspace of its own, and without workspaces it adds up gradients in the arrays it got.
   */
  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    INDArray gradient =
        workspaces.createUninitialized(ArrayType.ACTIVATION_GRAD, dataType, input.shape(), 'c');
    kernel.backward(input.castTo(dataType), epsilon.castTo(dataType), gradient);
    return new Pair<>(new DefaultGradient(), gradient);
  }
}
