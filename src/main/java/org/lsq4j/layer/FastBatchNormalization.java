package org.lsq4j.layer;

import java.util.Collection;
import java.util.Objects;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.LayerValidation;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.impl.FastBatchNormalizationLayer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * DL4J's {@link BatchNormalization}, computed by the engine: the same parameters, settings and
 * results, without its copies of every activation. For [N, C], [N, C, T], [N, C, H, W] and [N, H,
 * W, C]. A {@link Rectifier} behind it costs no pass of its own. As in DL4J, dropout of a batch
 * normalization is ignored; a network's default sets it on every layer.
 */
public class FastBatchNormalization extends BatchNormalization {

  private static final long serialVersionUID = 1L;

  // Not the inherited activation function: DL4J sets that from the network's default, and ignores
  // it.
  private Rectifier rectifier = Rectifier.NONE;

  /** With DL4J's defaults: decay 0.9, epsilon 1e-5. */
  public FastBatchNormalization() {}

  /** With DL4J's defaults and a rectifier behind it. */
  public static FastBatchNormalization with(Rectifier rectifier) {
    FastBatchNormalization layer = new FastBatchNormalization();
    layer.setRectifier(rectifier);
    return layer;
  }

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
    if (source instanceof FastBatchNormalization fast) {
      setRectifier(fast.getRectifier());
    }
  }

  /** What is applied to the normalized values. */
  public Rectifier getRectifier() {
    return rectifier;
  }

  /** Sets what is applied to the normalized values; before the network is initialised. */
  public void setRectifier(Rectifier rectifier) {
    this.rectifier = Objects.requireNonNull(rectifier, "rectifier");
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
    return super.equals(other)
        && other instanceof FastBatchNormalization that
        && rectifier == that.rectifier;
  }

  @Override
  protected boolean canEqual(Object other) {
    return other instanceof FastBatchNormalization;
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), rectifier);
  }
}
