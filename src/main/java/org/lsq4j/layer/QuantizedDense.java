package org.lsq4j.layer;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.LayerValidation;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.lsq4j.layer.impl.QuantizedDenseLayer;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * Fully connected layer with fake-quantized weights and input: y = a(Q(x) Q(W) + b), x [N, nIn], W
 * [nIn, nOut], y [N, nOut].
 */
public class QuantizedDense extends FeedForwardLayer implements QuantizedLayerConfiguration {

  private static final long serialVersionUID = 1L;

  private LayerQuantization quantization = LayerQuantization.FLOAT;
  private boolean hasBias = true;

  /** For JSON only; use the {@link Builder}. */
  public QuantizedDense() {}

  private QuantizedDense(Builder builder) {
    super(builder);
    this.quantization = builder.quantization;
    this.hasBias = builder.hasBias;
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
        "QuantizedDense", getLayerName(), layerIndex, getNIn(), getNOut());
    return LayerInstances.prepare(
        new QuantizedDenseLayer(conf, dataType),
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

  /** Whether a bias is added, for JSON. */
  public boolean isHasBias() {
    return hasBias;
  }

  /** Sets whether a bias is added, for JSON. */
  public void setHasBias(boolean hasBias) {
    this.hasBias = hasBias;
  }

  @Override
  public boolean hasBias() {
    return hasBias;
  }

  @Override
  public boolean equals(Object other) {
    return super.equals(other)
        && other instanceof QuantizedDense that
        && hasBias == that.hasBias
        && quantization.equals(that.quantization);
  }

  @Override
  protected boolean canEqual(Object other) {
    return other instanceof QuantizedDense;
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), hasBias, quantization);
  }

  @Override
  public String toString() {
    return "QuantizedDense(hasBias="
        + hasBias
        + ", "
        + quantization
        + ", "
        + super.toString()
        + ")";
  }

  /** Builds the layer, in DL4J's style. */
  public static final class Builder extends FeedForwardLayer.Builder<Builder> {

    private LayerQuantization quantization = LayerQuantization.FLOAT;
    private boolean hasBias = true;

    /** The layer's quantizers; {@link LayerQuantization#FLOAT} by default. */
    public Builder quantization(LayerQuantization newQuantization) {
      this.quantization = Objects.requireNonNull(newQuantization, "quantization");
      return this;
    }

    /** Whether a bias is added; true by default. */
    public Builder hasBias(boolean newHasBias) {
      this.hasBias = newHasBias;
      return this;
    }

    @Override
    @SuppressWarnings("unchecked")
    public QuantizedDense build() {
      return new QuantizedDense(this);
    }
  }
}
