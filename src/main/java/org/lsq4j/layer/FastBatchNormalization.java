package org.lsq4j.layer;

import java.util.Collection;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.LayerValidation;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.lsq4j.layer.impl.FastBatchNormalizationLayer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * DL4J's {@link BatchNormalization}, computed by the engine: the same parameters, settings and
 * results, without its copies of every activation. For [N, C], [N, C, T], [N, C, H, W] and [N, H,
 * W, C].
 */
public class FastBatchNormalization extends BatchNormalization {

  private static final long serialVersionUID = 1L;

  /** With DL4J's defaults: decay 0.9, epsilon 1e-5. */
  public FastBatchNormalization() {}

  /** With the settings of another batch normalization. */
  public static FastBatchNormalization of(BatchNormalization source) {
    FastBatchNormalization copy = new FastBatchNormalization();
    copy.copySettings(source);
    return copy;
  }

  private void copySettings(BatchNormalization source) {
    LayerSettings.copy(source, this);
    setDecay(source.getDecay());
    setEps(source.getEps());
    setMinibatch(source.isMinibatch());
    setGamma(source.getGamma());
    setBeta(source.getBeta());
    setLockGammaBeta(source.isLockGammaBeta());
    setCudnnAllowFallback(source.isCudnnAllowFallback());
    setUseLogStd(source.isUseLogStd());
    setCnn2DFormat(source.getCnn2DFormat());
  }

  @Override
  public FastBatchNormalization clone() {
    return (FastBatchNormalization) super.clone();
  }

  @Override
  public Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> listeners,
      int layerIndex,
      INDArray paramsView,
      boolean initializeParams,
      DataType dataType) {
    LayerValidation.assertNOutSet("FastBatchNormalization", getLayerName(), layerIndex, getNOut());
    return LayerInstances.prepare(
        new FastBatchNormalizationLayer(conf, dataType),
        new LayerInstances.Request(conf, listeners, layerIndex, paramsView, initializeParams));
  }

  @Override
  public boolean equals(Object other) {
    return super.equals(other) && other instanceof FastBatchNormalization;
  }

  @Override
  protected boolean canEqual(Object other) {
    return other instanceof FastBatchNormalization;
  }

  @Override
  public int hashCode() {
    return super.hashCode();
  }
}
