package org.lsq4j.layer;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.InputTypeUtil;
import org.deeplearning4j.util.Convolution1DUtils;
import org.deeplearning4j.util.ConvolutionUtils;
import org.lsq4j.layer.impl.QuantizedConvolution1DLayer;
import org.lsq4j.layer.impl.QuantizedConvolution2DLayer;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * 1-D convolution over time with fake-quantized weights and input.
 *
 * <p>Takes and gives activations [N, C, T] (NCW) or [N, T, C] (NWC), computed as images of width 1.
 * Weights are [nOut, nIn / groups, k, 1]. Knows {@code ConvolutionMode.Causal}.
 */
public class QuantizedConvolution1D extends QuantizedConvolution2D {

  private static final long serialVersionUID = 1L;

  /** For JSON only; use the {@link Builder}. */
  public QuantizedConvolution1D() {}

  private QuantizedConvolution1D(Builder builder) {
    super(builder);
  }

  /** The layer's format, told by the equivalent image format. */
  public RNNFormat rnnFormat() {
    return cnn2dDataFormat == CNN2DFormat.NHWC ? RNNFormat.NWC : RNNFormat.NCW;
  }

  @Override
  QuantizedConvolution2DLayer newLayer(NeuralNetConfiguration conf, DataType dataType) {
    return new QuantizedConvolution1DLayer(conf, dataType);
  }

  @Override
  public InputType getOutputType(int layerIndex, InputType inputType) {
    long length = recurrent(inputType).getTimeSeriesLength();
    long outLength =
        length < 0
            ? length
            : Convolution1DUtils.getOutputSize(
                length, kernelSize[0], stride[0], padding[0], convolutionMode, dilation[0]);
    return InputType.recurrent(nOut, outLength, rnnFormat());
  }

  @Override
  public void setNIn(InputType inputType, boolean override) {
    InputType.InputTypeRecurrent type = recurrent(inputType);
    if (nIn <= 0 || override) {
      nIn = type.getSize();
    }
    cnn2dDataFormat = type.getFormat() == RNNFormat.NWC ? CNN2DFormat.NHWC : CNN2DFormat.NCHW;
  }

  @Override
  public InputPreProcessor getPreProcessorForInputType(InputType inputType) {
    return InputTypeUtil.getPreprocessorForInputTypeRnnLayers(
        inputType, rnnFormat(), getLayerName());
  }

  private InputType.InputTypeRecurrent recurrent(InputType inputType) {
    if (inputType instanceof InputType.InputTypeRecurrent type) {
      return type;
    }
    throw new IllegalStateException(
        "Layer "
            + getLayerName()
            + " is a 1-D convolution and needs recurrent input, got "
            + inputType);
  }

  /** Builds the layer, in DL4J's style. */
  public static final class Builder extends ConvolutionBuilder<Builder> {

    /** Kernel length in time steps. */
    public Builder(int kernelSize) {
      super(kernelSize);
    }

    /** Format of input and output; NCW by default, overridden by the network's input type. */
    public Builder rnnDataFormat(RNNFormat format) {
      this.dataFormat = format == RNNFormat.NWC ? CNN2DFormat.NHWC : CNN2DFormat.NCHW;
      return this;
    }

    /** Time steps between outputs. */
    public Builder stride(int newStride) {
      setStride(newStride);
      return this;
    }

    /** Zeros before and behind. Not with {@code Same} or {@code Causal}. */
    public Builder padding(int newPadding) {
      setPadding(newPadding);
      return this;
    }

    @Override
    public void setKernelSize(int... size) {
      this.kernelSize = new int[] {size[0], 1};
    }

    @Override
    public void setStride(int... newStride) {
      this.stride = new int[] {newStride[0], 1};
    }

    @Override
    public void setPadding(int... newPadding) {
      this.padding = new int[] {newPadding[0], 0};
    }

    @Override
    public void setDilation(int... newDilation) {
      this.dilation = new int[] {newDilation[0], 1};
    }

    @Override
    protected boolean allowCausal() {
      return true;
    }

    @Override
    @SuppressWarnings("unchecked")
    public QuantizedConvolution1D build() {
      ConvolutionUtils.validateConvolutionModePadding(convolutionMode, padding);
      return new QuantizedConvolution1D(this);
    }
  }
}
