package org.lsq4j.layer;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.LayerValidation;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.util.ConvolutionUtils;
import org.deeplearning4j.util.ValidationUtils;
import org.lsq4j.layer.impl.QuantizedConvolution2DLayer;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * 2-D convolution with fake-quantized weights and input: y = a(Q(x) * Q(W) + b).
 *
 * <p>Takes and gives activations [N, C, H, W] or [N, H, W, C], as {@code dataFormat} says. Weights
 * are [nOut, nIn / groups, kH, kW]; as many groups as input channels make it depthwise. Everything
 * else is as in DL4J's {@link ConvolutionLayer}; with both quantizers off it is that layer, only
 * faster.
 */
public class QuantizedConvolution2D extends ConvolutionLayer
    implements QuantizedLayerConfiguration {

  private static final long serialVersionUID = 1L;

  private LayerQuantization quantization = LayerQuantization.FLOAT;
  private int groups = 1;
  private InputGradient inputGradient = InputGradient.COMPUTED;

  /** For JSON only; use the {@link Builder}. */
  public QuantizedConvolution2D() {}

  /** Takes the builder's settings. */
  QuantizedConvolution2D(ConvolutionBuilder<?> builder) {
    super(builder);
    this.quantization = builder.quantization;
    this.groups = builder.groups;
    this.inputGradient = builder.inputGradient;
    this.cnn2dDataFormat = builder.dataFormat;
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
        getClass().getSimpleName(), getLayerName(), layerIndex, getNIn(), getNOut());
    requireValidGroups();
    return LayerInstances.prepare(
        newLayer(conf, dataType),
        new LayerInstances.Request(conf, listeners, layerIndex, paramsView, initializeParams));
  }

  /** The implementation without parameters. */
  QuantizedConvolution2DLayer newLayer(NeuralNetConfiguration conf, DataType dataType) {
    return new QuantizedConvolution2DLayer(conf, dataType);
  }

  /** Refuses groups that the layer cannot have. */
  void requireValidGroups() {
    if (groups < 1 || nIn % groups != 0 || nOut % groups != 0) {
      throw new IllegalStateException(
          "Layer "
              + getLayerName()
              + ": groups = "
              + groups
              + " must divide nIn = "
              + nIn
              + " and nOut = "
              + nOut);
    }
  }

  @Override
  public ParamInitializer initializer() {
    return QuantizedParamInitializer.INSTANCE;
  }

  @Override
  public WeightLayout weightLayout() {
    long area = Arrays.stream(kernelSize).reduce(1, (a, b) -> a * b);
    double fanIn = (double) (nIn / groups) * area;
    double fanOut =
        (double) nOut * area / groups / Arrays.stream(stride).reduce(1, (a, b) -> a * b);
    long width = kernelSize.length > 1 ? kernelSize[1] : 1;
    long[] shape = {nOut, nIn / groups, kernelSize[0], width};
    return new WeightLayout(shape, 'c', 0, fanIn, fanOut);
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

  /** Number of independent channel groups. */
  public int getGroups() {
    return groups;
  }

  /** Sets the number of independent channel groups. */
  public void setGroups(int groups) {
    this.groups = groups;
  }

  /** Whether the gradient of the input is computed. */
  public InputGradient getInputGradient() {
    return inputGradient;
  }

  /** Sets whether the gradient of the input is computed. */
  public void setInputGradient(InputGradient inputGradient) {
    this.inputGradient = inputGradient;
  }

  @Override
  public boolean equals(Object other) {
    return super.equals(other)
        && other instanceof QuantizedConvolution2D that
        && inputGradient == that.inputGradient
        && groups == that.groups
        && quantization.equals(that.quantization);
  }

  @Override
  protected boolean canEqual(Object other) {
    return other instanceof QuantizedConvolution2D;
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), groups, inputGradient, quantization);
  }

  @Override
  public String toString() {
    return getClass().getSimpleName()
        + "(groups="
        + groups
        + ", "
        + quantization
        + ", "
        + super.toString()
        + ")";
  }

  /** What the builders of all convolutions share. */
  @SuppressWarnings("unchecked")
  abstract static class ConvolutionBuilder<T extends ConvolutionBuilder<T>>
      extends ConvolutionLayer.BaseConvBuilder<T> {

    private LayerQuantization quantization = LayerQuantization.FLOAT;
    private int groups = 1;
    private InputGradient inputGradient = InputGradient.COMPUTED;
    CNN2DFormat dataFormat = CNN2DFormat.NCHW;

    ConvolutionBuilder(int... kernelSize) {
      super(kernelSize);
    }

    /** The layer's quantizers; {@link LayerQuantization#FLOAT} by default. */
    public T quantization(LayerQuantization newQuantization) {
      this.quantization = Objects.requireNonNull(newQuantization, "quantization");
      return (T) this;
    }

    /** Number of independent channel groups; 1 by default, nIn for a depthwise convolution. */
    public T groups(int newGroups) {
      this.groups = newGroups;
      return (T) this;
    }

    /** Whether the gradient of the input is computed; it is by default. */
    public T inputGradient(InputGradient newInputGradient) {
      this.inputGradient = Objects.requireNonNull(newInputGradient, "inputGradient");
      return (T) this;
    }
  }

  /** What the builders of 2-D convolutions share. */
  @SuppressWarnings("unchecked")
  abstract static class ImageBuilder<T extends ImageBuilder<T>> extends ConvolutionBuilder<T> {

    ImageBuilder(int... kernelSize) {
      super(kernelSize);
    }

    /** Format of input and output; NCHW by default, overridden by the network's input type. */
    public T dataFormat(CNN2DFormat format) {
      this.dataFormat = format;
      return (T) this;
    }

    /** Vertical and horizontal step. */
    public T stride(int... newStride) {
      setStride(newStride);
      return (T) this;
    }

    /** Zeros above and below, and on the left and right. Not with {@code ConvolutionMode.Same}. */
    public T padding(int... newPadding) {
      setPadding(newPadding);
      return (T) this;
    }

    @Override
    public void setKernelSize(int... size) {
      this.kernelSize = ValidationUtils.validate2NonNegative(size, false, "kernelSize");
    }

    @Override
    public void setStride(int... newStride) {
      this.stride = ValidationUtils.validate2NonNegative(newStride, false, "stride");
    }

    @Override
    public void setPadding(int... newPadding) {
      this.padding = ValidationUtils.validate2NonNegative(newPadding, false, "padding");
    }

    @Override
    public void setDilation(int... newDilation) {
      this.dilation = ValidationUtils.validate2NonNegative(newDilation, false, "dilation");
    }

    @Override
    protected boolean allowCausal() {
      return false;
    }
  }

  /** Builds the layer, in DL4J's style. */
  public static class Builder extends ImageBuilder<Builder> {

    /** Kernel height and width. */
    public Builder(int... kernelSize) {
      super(kernelSize);
    }

    @Override
    @SuppressWarnings("unchecked")
    public QuantizedConvolution2D build() {
      ConvolutionUtils.validateConvolutionModePadding(convolutionMode, padding);
      ConvolutionUtils.validateCnnKernelStridePadding(kernelSize, stride, padding);
      return new QuantizedConvolution2D(this);
    }
  }
}
