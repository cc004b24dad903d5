package org.lsq4j.layer.impl;

import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.util.ConvolutionUtils;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Broadcast;

/** Computes {@link org.lsq4j.layer.QuantizedConvolution1D}, as images of width 1. */
public final class QuantizedConvolution1DLayer extends QuantizedConvolution2DLayer {

  private static final long serialVersionUID = 1L;

  /** A layer without parameters yet. */
  public QuantizedConvolution1DLayer(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
  }

  @Override
  INDArray inputImage(LayerWorkspaceMgr workspaces, boolean training) {
    INDArray values = super.inputImage(workspaces, training);
    // Recurrent layers give other layouts; a reshape would copy those to where they do not last.
    return values.rank() == 3
        ? toImage(LayerMemory.rowMajor(values, workspaces, training))
        : values;
  }

  @Override
  INDArray toImage(INDArray values) {
    return isNcw()
        ? values.reshape('c', values.size(0), values.size(1), values.size(2), 1)
        : values.reshape('c', values.size(0), values.size(1), 1, values.size(2));
  }

  @Override
  INDArray fromImage(INDArray image) {
    return isNcw()
        ? image.reshape('c', image.size(0), image.size(1), image.size(2))
        : image.reshape('c', image.size(0), image.size(1), image.size(3));
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    INDArray result = super.activate(training, workspaces);
    applyTimeMask(result);
    return result;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    applyTimeMask(epsilon);
    return super.backpropGradient(epsilon, workspaces);
  }

  private void applyTimeMask(INDArray sequence) {
    if (maskArray != null) {
      INDArray mask =
          feedForwardMaskArray(maskArray, MaskState.Active, (int) sequence.size(0)).getFirst();
      Broadcast.mul(sequence, mask, sequence, 0, isNcw() ? 2 : 1);
    }
  }

  @Override
  INDArray reduceMask(INDArray mask, QuantizedConvolution2D conf) {
    return ConvolutionUtils.cnn1dMaskReduction(
        mask,
        conf.getKernelSize()[0],
        conf.getStride()[0],
        conf.getPadding()[0],
        conf.getDilation()[0],
        conf.getConvolutionMode());
  }

  private boolean isNcw() {
    return layerConf().getCnn2dDataFormat() == CNN2DFormat.NCHW;
  }
}
