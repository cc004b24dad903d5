package org.lsq4j.layer.impl;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.TransposedConvolution;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link org.lsq4j.layer.QuantizedDeconvolution2D}. */
public final class QuantizedDeconvolution2DLayer extends QuantizedConvolution2DLayer {

  private static final long serialVersionUID = 1L;

  /** A layer without parameters yet. */
  public QuantizedDeconvolution2DLayer(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
  }

  /** Of the convolution from the output to the input. */
  @Override
  ConvolutionGeometry geometryFor(long[] shapeOfInput) {
    return ConvolutionGeometries.of(layerConf(), outputShape(shapeOfInput));
  }

  @Override
  long[] outputShape(long[] shapeOfInput) {
    QuantizedConvolution2D conf = layerConf();
    boolean isChannelsFirst = conf.getCnn2dDataFormat() == CNN2DFormat.NCHW;
    int rows = isChannelsFirst ? 2 : 1;
    long height = outputSize(0, shapeOfInput[rows]);
    long width = outputSize(1, shapeOfInput[rows + 1]);
    return isChannelsFirst
        ? new long[] {shapeOfInput[0], conf.getNOut(), height, width}
        : new long[] {shapeOfInput[0], height, width, conf.getNOut()};
  }

  private long outputSize(int axis, long size) {
    QuantizedConvolution2D conf = layerConf();
    int stride = conf.getStride()[axis];
    if (conf.getConvolutionMode() == ConvolutionMode.Same) {
      return stride * size;
    }
    int window = (conf.getKernelSize()[axis] - 1) * conf.getDilation()[axis] + 1;
    return stride * (size - 1) + window - 2L * conf.getPadding()[axis];
  }

  @Override
  LinearKernel newKernel(ConvolutionGeometry wanted) {
    return new TransposedConvolution(engine(), wanted);
  }

  @Override
  INDArray reduceMask(INDArray mask, QuantizedConvolution2D conf) {
    throw new UnsupportedOperationException(
        "Layer " + conf.getLayerName() + ": a transposed convolution takes no masks of images");
  }
}
