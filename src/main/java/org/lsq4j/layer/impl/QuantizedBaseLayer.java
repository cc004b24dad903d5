package org.lsq4j.layer.impl;

import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.TensorForm;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What convolutions and dense layers share: y = a(Q(x) * Q(W) + b), and the plumbing of parameters.
 * Unlike DL4J's layers it computes nothing of the forward pass again in the backward pass.
 */
abstract class QuantizedBaseLayer<C extends FeedForwardLayer & QuantizedLayerConfiguration>
    extends BaseLayer<C> implements QuantizedLayer {

  private static final long serialVersionUID = 1L;

  private final transient ComputeEngine engine = ComputeEngines.current();
  private final transient LayerQuantizers quantizers;
  private final transient QuantizedProduct product;
  private final transient SavedActivation activation = new SavedActivation(engine);

  QuantizedBaseLayer(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
    quantizers = new LayerQuantizers(this::layerConf, engine);
    product = new QuantizedProduct(quantizers);
  }

  ComputeEngine engine() {
    return engine;
  }

  /** Computes the layer's output; y is overwritten and may be the result. */
  INDArray forward(
      LinearKernel kernel, INDArray x, INDArray y, boolean training, LayerWorkspaceMgr workspaces) {
    QuantizedProduct.Parameters parameters =
        new QuantizedProduct.Parameters(
            getParamWithNoise(QuantizedParamInitializer.WEIGHT, training, workspaces),
            hasBias()
                ? getParamWithNoise(QuantizedParamInitializer.BIAS, training, workspaces)
                : null);
    QuantizedProduct.Target target = new QuantizedProduct.Target(y, reader(y, training));
    product.forward(kernel, x, parameters, target, LayerMemory.of(workspaces, training));
    return activation.apply(layerConf().getActivationFn(), y, training, workspaces);
  }

  /** Who reads the product of a forward pass, an array that is not written yet. */
  TensorReader reader(INDArray y, boolean training) {
    return TensorReader.OF_PLAIN_TENSORS;
  }

  /** The last forward pass's product, before the activation function. */
  FormedTensor lastProduct() {
    return product.result();
  }

  /** The form of dL/dz, the gradient of the product, that takes least time now. */
  TensorForm preferredForm(LinearKernel kernel) {
    return product.backwardForms(kernel).output();
  }

  /** Computes dL/dx and the parameters' gradients from the gradient of the layer's output. */
  Gradient backward(LinearKernel kernel, INDArray epsilon, INDArray dx) {
    INDArray dz = activation.backprop(layerConf().getActivationFn(), epsilon);
    return backwardFrom(kernel, FormedTensor.plain(dz), dx);
  }

  /** The same from dL/dz. */
  Gradient backwardFrom(LinearKernel kernel, FormedTensor dz, INDArray dx) {
    product.backward(kernel, dz, dx, gradientViews);
    weightNoiseParams.clear();
    return LayerGradients.of(gradientViews, layerConf().weightLayout().order());
  }

  @Override
  public LayerQuantizers quantizers() {
    return quantizers;
  }

  @Override
  public boolean hasBias() {
    return layerConf().hasBias();
  }

  @Override
  public boolean isPretrainLayer() {
    return false;
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
    activation.clear();
    quantizers.forgetDelivery();
  }
}
