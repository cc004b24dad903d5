package org.lsq4j.layer.impl;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.layer.QuantizedDense;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link QuantizedDense}. */
public final class QuantizedDenseLayer extends QuantizedBaseLayer<QuantizedDense> {

  private static final long serialVersionUID = 1L;

  private final transient LinearKernel kernel = engine().matrixProduct();

  /** A layer without parameters yet. */
  public QuantizedDenseLayer(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    applyDropOutIfNecessary(training, workspaces);
    INDArray x = LayerMemory.cast(input, dataType, workspaces, training);
    MatrixInput.require(x, layerConf());
    INDArray y =
        workspaces.createUninitialized(
            ArrayType.ACTIVATIONS, dataType, new long[] {x.size(0), layerConf().getNOut()}, 'c');
    INDArray result = forward(kernel, x, y, training, workspaces);
    if (maskArray != null) {
      applyMask(result);
    }
    return result;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    INDArray upstream = epsilon.castTo(dataType);
    if (maskArray != null) {
      applyMask(upstream);
    }
    INDArray dx =
        workspaces.createUninitialized(ArrayType.ACTIVATION_GRAD, dataType, input.shape(), 'c');
    Gradient gradient = backward(kernel, upstream, dx);
    return new Pair<>(gradient, backpropDropOutIfPresent(dx));
  }
}
