package org.lsq4j.layer.impl;

import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.BaseOutputLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.layer.QuantizedOutput;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Computes {@link QuantizedOutput}. Loss, labels and scores are DL4J's; only the product is
 * replaced, so this class extends DL4J's output layer and not {@link QuantizedBaseLayer}.
 */
public final class QuantizedOutputLayer extends BaseOutputLayer<QuantizedOutput>
    implements QuantizedLayer {

  private static final long serialVersionUID = 1L;

  private final transient ComputeEngine engine = ComputeEngines.current();
  private final transient LinearKernel kernel = engine.matrixProduct();
  private final transient LayerQuantizers quantizers;
  private final transient QuantizedProduct product;

  /** A layer without parameters yet. */
  public QuantizedOutputLayer(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
    quantizers = new LayerQuantizers(this::layerConf, engine);
    product = new QuantizedProduct(quantizers);
  }

  @Override
  protected Pair<INDArray, INDArray> preOutputWithPreNorm(
      boolean training, boolean forBackprop, LayerWorkspaceMgr workspaces) {
    assertInputSet(forBackprop);
    applyDropOutIfNecessary(training, workspaces);
    INDArray x = input.castTo(dataType);
    MatrixInput.require(x, layerConf());
    long[] shape = {x.size(0), layerConf().getNOut()};
    INDArray y = workspaces.createUninitialized(ArrayType.ACTIVATIONS, dataType, shape, 'c');
    QuantizedProduct.Parameters parameters =
        new QuantizedProduct.Parameters(
            getParamWithNoise(QuantizedParamInitializer.WEIGHT, training, workspaces),
            hasBias()
                ? getParamWithNoise(QuantizedParamInitializer.BIAS, training, workspaces)
                : null);
    product.forward(
        kernel,
        x,
        parameters,
        new QuantizedProduct.Target(y, TensorReader.OF_PLAIN_TENSORS),
        LayerMemory.temporary(workspaces));
    return new Pair<>(y, y);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    INDArray preOutput = preOutput2d(true, workspaces);
    INDArray dy =
        layerConf()
            .getLossFn()
            .computeGradient(
                getLabels2d(workspaces, ArrayType.BP_WORKING_MEM),
                preOutput,
                layerConf().getActivationFn(),
                maskArray);
    INDArray dx =
        workspaces.createUninitialized(ArrayType.ACTIVATION_GRAD, dataType, input.shape(), 'c');
    product.backward(kernel, FormedTensor.plain(dy), dx, gradientViews);
    Gradient gradients = LayerGradients.of(gradientViews, layerConf().weightLayout().order());
    return new Pair<>(gradients, backpropDropOutIfPresent(dx));
  }

  @Override
  protected INDArray getLabels2d(LayerWorkspaceMgr workspaces, ArrayType arrayType) {
    return labels;
  }

  @Override
  public LayerQuantizers quantizers() {
    return quantizers;
  }

  @Override
  public void setParamTable(Map<String, INDArray> paramTable) {
    super.setParamTable(paramTable);
    quantizers.bind(paramTable);
  }

  @Override
  public void setParam(String key, INDArray value) {
    super.setParam(key, value);
    quantizers.invalidate();
  }

  @Override
  public void setParams(INDArray newParams) {
    LayerGradients.assignFlat(paramsFlattened, newParams);
    quantizers.invalidate();
  }

  @Override
  public double calcRegularizationScore(boolean backpropParamsOnly) {
    return RegularizationScore.of(this);
  }

  @Override
  public void applyConstraints(int iteration, int epoch) {
    super.applyConstraints(iteration, epoch);
    quantizers.project();
  }

  @Override
  public void clear() {
    super.clear();
    product.clear();
  }
}
