package org.lsq4j.layer;

import java.util.Collection;
import java.util.Objects;
import java.util.Optional;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.impl.FastActivationLayer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonIgnore;

/**
 * DL4J's {@link ActivationLayer} for those functions that a {@link Rectifier} computes, for inputs
 * of any shape: ReLU in one pass by the engine, and the identity, which passes its input on. The
 * latter stands behind a batch norm or a sum that applies the rectifier itself, so that layers keep
 * their names and numbers. As in DL4J, dropout of an activation layer is ignored.
 */
public class FastActivation extends ActivationLayer {

  private static final long serialVersionUID = 1L;

  /** For JSON only. */
  public FastActivation() {
    this(Rectifier.NONE);
  }

  /** A layer without name. */
  public FastActivation(Rectifier rectifier) {
    super(functionOf(rectifier));
  }

  /** A rectifier with the name and the other settings of an activation layer. */
  public static FastActivation of(ActivationLayer source, Rectifier rectifier) {
    FastActivation layer = new FastActivation(rectifier);
    layer.setLayerName(source.getLayerName());
    layer.setIDropout(source.getIDropout());
    layer.setConstraints(source.getConstraints());
    return layer;
  }

  private static IActivation functionOf(Rectifier rectifier) {
    return rectifier == Rectifier.RELU ? new ActivationReLU() : new ActivationIdentity();
  }

  /**
   * The rectifier that computes an activation function; empty if none does. A slope or a threshold
   * of 0 is none: imported networks have these.
   */
  public static Optional<Rectifier> rectifierOf(IActivation function) {
    if (function instanceof ActivationIdentity) {
      return Optional.of(Rectifier.NONE);
    }
    boolean isRelu =
        function instanceof ActivationReLU relu
            && relu.getMax() == null
            && isNone(relu.getThreshold())
            && isNone(relu.getNegativeSlope());
    return isRelu ? Optional.of(Rectifier.RELU) : Optional.empty();
  }

  private static boolean isNone(Double number) {
    return number == null || number == 0;
  }

  /** What the layer computes. */
  @JsonIgnore
  public Rectifier getRectifier() {
    return rectifierOf(getActivationFn()).orElseThrow();
  }

  /**
   * Sets what the layer computes; before the network is initialised.
   *
   * @throws IllegalArgumentException if no rectifier computes the function
   */
  @Override
  public void setActivationFn(IActivation function) {
    if (rectifierOf(function).isEmpty()) {
      throw new IllegalArgumentException(
          "FastActivation computes ReLU without slope, threshold and maximum, and the identity;"
              + " not "
              + function);
    }
    super.setActivationFn(function);
  }

  @Override
  public FastActivation clone() {
    return (FastActivation) super.clone();
  }

  @Override
  public Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> listeners,
      int layerIndex,
      INDArray paramsView,
      boolean initializeParams,
      DataType dataType) {
    return LayerInstances.prepare(
        new FastActivationLayer(conf, getRectifier(), dataType),
        new LayerInstances.Request(conf, listeners, layerIndex, paramsView, initializeParams));
  }

  @Override
  public boolean equals(Object other) {
    return super.equals(other) && other instanceof FastActivation;
  }

  @Override
  protected boolean canEqual(Object other) {
    return other instanceof FastActivation;
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), FastActivation.class.getName());
  }

  @Override
  public String toString() {
    return "FastActivation(" + super.toString() + ")";
  }
}
