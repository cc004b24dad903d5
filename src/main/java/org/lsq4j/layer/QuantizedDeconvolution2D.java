package org.lsq4j.layer;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.InputTypeUtil;
import org.deeplearning4j.util.ConvolutionUtils;
import org.lsq4j.layer.impl.QuantizedConvolution2DLayer;
import org.lsq4j.layer.impl.QuantizedDeconvolution2DLayer;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Transposed 2-D convolution with fake-quantized weights and input.
 *
 * <p>Takes and gives activations [N, C, H, W] or [N, H, W, C], as {@code dataFormat} says. Weights
 * are [nIn, nOut, kH, kW], as in DL4J's {@link org.deeplearning4j.nn.conf.layers.Deconvolution2D};
 * per channel there is a step for each output channel. The output has stride * (size - 1) + kernel
 * - 2 * padding rows and columns, with {@code ConvolutionMode.Same} stride * size. There are no
 * groups.
 */
public final class QuantizedDeconvolution2D extends QuantizedConvolution2D {

  private static final long serialVersionUID = 1L;

  /** For JSON only; use the {@link Builder}. */
  public QuantizedDeconvolution2D() {}

  private QuantizedDeconvolution2D(Builder builder) {
    super(builder);
  }

  @Override
  QuantizedConvolution2DLayer newLayer(NeuralNetConfiguration conf, DataType dataType) {
    return new QuantizedDeconvolution2DLayer(conf, dataType);
  }

  @Override
  void requireValidGroups() {
    if (getGroups() != 1) {
      throw new IllegalStateException(
          "Layer "
              + getLayerName()
              + ": a transposed convolution cannot have groups, got "
              + getGroups());
    }
  }

  @Override
  public WeightLayout weightLayout() {
    long area = (long) kernelSize[0] * kernelSize[1];
    double fanIn = (double) nIn * area;
    double fanOut = (double) nOut * area / (stride[0] * stride[1]);
    long[] shape = {nIn, nOut, kernelSize[0], kernelSize[1]};
    return new WeightLayout(shape, 'c', 1, fanIn, fanOut);
  }

  @Override
  public InputType getOutputType(int layerIndex, InputType inputType) {
    if (!(inputType instanceof InputType.InputTypeConvolutional)) {
      throw new IllegalStateException(
          "Layer "
              + getLayerName()
              + " is a transposed convolution and needs images, got "
              + inputType);
    }
    return InputTypeUtil.getOutputTypeDeconvLayer(
        inputType,
        kernelSize,
        stride,
        padding,
        dilation,
        convolutionMode,
        nOut,
        layerIndex,
        getLayerName(),
        getClass());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof QuantizedDeconvolution2D && super.equals(other);
  }

  @Override
  protected boolean canEqual(Object other) {
    return other instanceof QuantizedDeconvolution2D;
  }

  @Override
  public int hashCode() {
    return 31 * super.hashCode() + 1;
  }

  /** Builds the layer, in DL4J's style. */
  public static final class Builder extends ImageBuilder<Builder> {

    /** Kernel height and width. */
    public Builder(int... kernelSize) {
      super(kernelSize);
    }

    @Override
    @SuppressWarnings("unchecked")
    public QuantizedDeconvolution2D build() {
      ConvolutionUtils.validateConvolutionModePadding(convolutionMode, padding);
      return new QuantizedDeconvolution2D(this);
    }
  }
}
