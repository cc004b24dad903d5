package org.lsq4j.layer;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.LayerValidation;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.lsq4j.layer.impl.QuantizedOutputLayer;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/**
 * {@link QuantizedDense} with a loss: the last layer of a network. Softmax and multi-class
 * cross-entropy by default.
 */
public class QuantizedOutput extends BaseOutputLayer implements QuantizedLayerConfiguration {

  private static final long serialVersionUID = 1L;

  private LayerQuantization quantization = LayerQuantization.FLOAT;

  /** For JSON only; use the {@link Builder}. */
  public QuantizedOutput() {}

  private QuantizedOutput(Builder builder) {
    super(builder);
    this.quantization = builder.quantization;
    initializeConstraints(builder);
  }

  @Override
  public Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> listeners,
      int layerIndex,
      INDArray paramsView,
      boolean initializeParams,
      DataType dataType) {
    LayerValidation.assertNInNOutSet(
        "QuantizedOutput", getLayerName(), layerIndex, getNIn(), getNOut());
    return LayerInstances.prepare(
        new QuantizedOutputLayer(conf, dataType),
        new LayerInstances.Request(conf, listeners, layerIndex, paramsView, initializeParams));
  }

  @Override
  public ParamInitializer initializer() {
    return QuantizedParamInitializer.INSTANCE;
  }

  @Override
  public WeightLayout weightLayout() {
    return MatrixLayers.layout(this);
  }

  @Override
  public IUpdater getUpdaterByParam(String paramName) {
    return QuantizedParamInitializer.isQuantizerParam(paramName)
        ? quantization.updaterOr(iUpdater)
        : super.getUpdaterByParam(paramName);
  }

  @Override
  public List<Regularization> getRegularizationByParam(String paramName) {
    return QuantizedParamInitializer.isQuantizerParam(paramName)
        ? quantization.regularization()
        : super.getRegularizationByParam(paramName);
  }

  @Override
  public LayerMemoryReport getMemoryReport(InputType inputType) {
    return MemoryReports.of(this, inputType);
  }

  @Override
  public LayerQuantization getQuantization() {
    return quantization;
  }

  @Override
  public void setQuantization(LayerQuantization quantization) {
    this.quantization = quantization;
  }

  @Override
  public boolean equals(Object other) {
    return super.equals(other)
        && other instanceof QuantizedOutput that
        && quantization.equals(that.quantization);
  }

  @Override
  protected boolean canEqual(Object other) {
    return other instanceof QuantizedOutput;
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), quantization);
  }

  @Override
  public String toString() {
    return "QuantizedOutput(" + quantization + ", " + super.toString() + ")";
  }

  /** Builds the layer, in DL4J's style. */
  public static final class Builder extends BaseOutputLayer.Builder<Builder> {

    private LayerQuantization quantization = LayerQuantization.FLOAT;

    /** Multi-class cross-entropy. */
    public Builder() {
      this(new LossMCXENT());
    }

    /** A loss by name. */
    public Builder(LossFunction lossFunction) {
      this(lossFunction.getILossFunction());
    }

    /** Any loss. */
    public Builder(ILossFunction lossFunction) {
      super(lossFunction);
      setActivationFn(new ActivationSoftmax());
    }

    /** The layer's quantizers; {@link LayerQuantization#FLOAT} by default. */
    public Builder quantization(LayerQuantization newQuantization) {
      this.quantization = Objects.requireNonNull(newQuantization, "quantization");
      return this;
    }

    @Override
    @SuppressWarnings("unchecked")
    public QuantizedOutput build() {
      return new QuantizedOutput(this);
    }
  }
}
