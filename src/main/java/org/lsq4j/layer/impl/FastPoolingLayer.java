package org.lsq4j.layer.impl;

import java.util.Arrays;
import java.util.Locale;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.convolution.subsampling.SubsamplingLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.PoolingGeometry;
import org.lsq4j.compute.PoolingKernel;
import org.lsq4j.compute.Size2D;
import org.lsq4j.layer.FastPooling;
import org.lsq4j.layer.WindowSettings;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link FastPooling}. */
public final class FastPoolingLayer extends SubsamplingLayer {

  private static final long serialVersionUID = 1L;

  private final transient ComputeEngine engine;
  private transient PoolingGeometry geometry;
  private transient PoolingKernel kernel;
  private transient boolean isPrepared;

  /**
   * A layer of a network.
   *
   * @param engine computes it
   */
  public FastPoolingLayer(NeuralNetConfiguration conf, ComputeEngine engine, DataType dataType) {
    super(conf, dataType);
    this.engine = engine;
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    INDArray x = input.castTo(dataType);
    requireImage(x);
    useGeometryFor(x.shape());
    long[] shape = geometry.outputShape(x.shape());
    ConvolutionGeometries.requireOutput(
        conf.getLayer().getLayerName(), WindowSettings.of(layerConf()), x.shape(), shape);
    INDArray y = workspaces.createUninitialized(ArrayType.ACTIVATIONS, dataType, shape, 'c');
    if (training) {
      kernel.forwardTraining(x, y);
    } else {
      kernel.forwardInference(x, y);
    }
    isPrepared = training;
    return y;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    INDArray x = input.castTo(dataType);
    INDArray dy = epsilon.castTo(dataType);
    if (!isPrepared) {
      kernel.forwardTraining(x, dy.ulike());
    }
    INDArray dx =
        workspaces.createUninitialized(ArrayType.ACTIVATION_GRAD, dataType, x.shape(), 'c');
    kernel.backward(x, dy, dx);
    return new Pair<>(new DefaultGradient(), dx);
  }

  private void requireImage(INDArray x) {
    if (x.rank() != 4) {
      throw new DL4JInvalidInputException(
          String.format(
              Locale.ROOT,
              "Layer %s pools images %s, got shape %s; put an input type or a preprocessor before"
                  + " it",
              conf.getLayer().getLayerName(),
              layerConf().getCnn2dDataFormat().dimensionNames(),
              Arrays.toString(x.shape())));
    }
  }

  private void useGeometryFor(long[] shape) {
    PoolingGeometry wanted = geometryFor(shape);
    if (!wanted.equals(geometry)) {
      geometry = wanted;
      kernel = engine.pooling(wanted);
    }
  }

  private PoolingGeometry geometryFor(long[] shape) {
    WindowSettings window = WindowSettings.of(layerConf());
    return new PoolingGeometry(
        FastPooling.kindOf(layerConf()).orElseThrow(),
        layerConf().getCnn2dDataFormat(),
        Size2D.of(window.kernel()),
        Size2D.of(window.stride()),
        ConvolutionGeometries.padding(window, layerConf().getCnn2dDataFormat(), shape));
  }
}
