package org.lsq4j.layer;

import java.util.Arrays;
import java.util.Collection;
import java.util.Objects;
import java.util.Optional;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.PoolingKind;
import org.lsq4j.layer.impl.FastPoolingLayer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * DL4J's {@link SubsamplingLayer} for the maximum and the mean, computed by the engine: the same
 * results without computing the maximum again for its gradient. For [N, C, H, W] and [N, H, W, C].
 * As in DL4J, dropout of a pooling is ignored.
 */
public class FastPooling extends SubsamplingLayer {

  private static final long serialVersionUID = 1L;

  /** Without settings; for JSON and {@link #of}. */
  private FastPooling() {}

  /**
   * The fast form of a pooling, with its name and its other settings.
   *
   * @throws IllegalArgumentException if {@link #computes} is false for it
   */
  public static FastPooling of(SubsamplingLayer source) {
    requireComputed(source);
    FastPooling layer = new FastPooling();
    layer.setLayerName(source.getLayerName());
    layer.setIDropout(source.getIDropout());
    layer.setConstraints(source.getConstraints());
    layer.setConvolutionMode(source.getConvolutionMode());
    layer.setPoolingType(source.getPoolingType());
    layer.setKernelSize(source.getKernelSize().clone());
    layer.setStride(source.getStride().clone());
    layer.setPadding(source.getPadding().clone());
    layer.setDilation(source.getDilation().clone());
    layer.setPnorm(source.getPnorm());
    layer.setEps(source.getEps());
    layer.setCudnnAllowFallback(source.isCudnnAllowFallback());
    layer.setCnn2dDataFormat(source.getCnn2dDataFormat());
    layer.setDefaultValueOverridden(source.isDefaultValueOverridden());
    layer.setAvgPoolIncludePadInDivisor(source.isAvgPoolIncludePadInDivisor());
    return layer;
  }

  /**
   * Whether there is a fast form of a pooling: of the maximum and the mean over windows without
   * gaps, each of which covers a pixel.
   */
  public static boolean computes(SubsamplingLayer layer) {
    boolean isDense = Arrays.stream(layer.getDilation()).allMatch(each -> each == 1);
    return isDense
        && kindOf(layer).isPresent()
        && layer.getConvolutionMode() != ConvolutionMode.Causal
        && (layer.getConvolutionMode() == ConvolutionMode.Same || seesPixels(layer));
  }

  /** What a pooling makes of its pixels; empty if there is no fast form of it. */
  public static Optional<PoolingKind> kindOf(SubsamplingLayer layer) {
    return switch (layer.getPoolingType()) {
      case MAX -> Optional.of(PoolingKind.MAXIMUM);
      case AVG ->
          Optional.of(
              layer.isAvgPoolIncludePadInDivisor()
                  ? PoolingKind.AVERAGE_WITH_PADDING
                  : PoolingKind.AVERAGE);
      default -> Optional.empty();
    };
  }

  private static boolean seesPixels(SubsamplingLayer layer) {
    return layer.getPadding()[0] < layer.getKernelSize()[0]
        && layer.getPadding()[1] < layer.getKernelSize()[1];
  }

  private static void requireComputed(SubsamplingLayer layer) {
    if (!computes(layer)) {
      throw new IllegalArgumentException(
          "Layer "
              + layer.getLayerName()
              + ": FastPooling computes MAX and AVG without dilation and with less padding than"
              + " the kernel; not "
              + layer
              + "; use SubsamplingLayer for that");
    }
  }

  @Override
  public FastPooling clone() {
    return (FastPooling) super.clone();
  }

  @Override
  public Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> listeners,
      int layerIndex,
      INDArray paramsView,
      boolean initializeParams,
      DataType dataType) {
    requireComputed(this);
    return LayerInstances.prepare(
        new FastPoolingLayer(conf, ComputeEngines.current(), dataType),
        new LayerInstances.Request(conf, listeners, layerIndex, paramsView, initializeParams));
  }

  @Override
  public boolean equals(Object other) {
    return super.equals(other) && other instanceof FastPooling;
  }

  @Override
  protected boolean canEqual(Object other) {
    return other instanceof FastPooling;
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), FastPooling.class.getName());
  }

  @Override
  public String toString() {
    return "FastPooling(" + super.toString() + ")";
  }
}
