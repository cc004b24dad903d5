package org.lsq4j.layer;

import java.util.Collection;
import java.util.Objects;
import java.util.Optional;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.lsq4j.compute.ActivationKernel;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.impl.FastActivationLayer;
import org.lsq4j.layer.impl.SumOfOne;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationSwish;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * DL4J's {@link ActivationLayer} for the functions that an engine computes in one pass, ReLU and
 * Swish, and for the identity, which passes its input on; for inputs of any shape. The identity
 * stands behind a batch norm or a sum that applies the rectifier itself, so that layers keep their
 * names and numbers. As in DL4J, dropout of an activation layer is ignored.
 */
public class FastActivation extends ActivationLayer {

  private static final long serialVersionUID = 1L;

  /** For JSON only. */
  public FastActivation() {
    this(Rectifier.NONE);
  }

  /** A layer without name. */
  public FastActivation(Rectifier rectifier) {
    this(functionOf(rectifier));
  }

  /**
   * A layer without name.
   *
   * @throws IllegalArgumentException as {@link #setActivationFn}
   */
  public FastActivation(IActivation function) {
    super(function);
    setActivationFn(function);
  }

  /**
   * The fast form of an activation layer, with its name and its other settings.
   *
   * @throws IllegalArgumentException if {@link #computes} is false for its function
   */
  public static FastActivation of(ActivationLayer source) {
    return with(source, source.getActivationFn());
  }

  /** A layer with the name and the settings of another that passes its input on. */
  public static FastActivation passingOn(ActivationLayer source) {
    return with(source, functionOf(Rectifier.NONE));
  }

  private static FastActivation with(ActivationLayer source, IActivation function) {
    FastActivation layer = new FastActivation(function);
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

  /** Whether there is a fast form of an activation function. */
  public static boolean computes(IActivation function) {
    return isSwish(function) || rectifierOf(function).isPresent();
  }

  /** The fast form of an activation function, which is not for several layers; empty if none. */
  public static Optional<ActivationKernel> kernelOf(IActivation function, ComputeEngine engine) {
    return isSwish(function)
        ? Optional.of(engine.swish())
        : rectifierOf(function).map(rectifier -> new SumOfOne(engine.sum(rectifier)));
  }

  private static boolean isSwish(IActivation function) {
    return StableActivation.plain(function) instanceof ActivationSwish;
  }

  private static boolean isNone(Double number) {
    return number == null || number == 0;
  }

  /**
   * Sets what the layer computes; before the network is initialised.
   *
   * @throws IllegalArgumentException if {@link #computes} is false for it
   */
  @Override
  public void setActivationFn(IActivation function) {
    if (!computes(function)) {
      throw new IllegalArgumentException(
          "FastActivation computes ReLU without slope, threshold and maximum, Swish, and the"
              + " identity; not "
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
        new FastActivationLayer(
            conf, kernelOf(getActivationFn(), ComputeEngines.current()).orElseThrow(), dataType),
        new LayerInstances.Request(conf, listeners, layerIndex, paramsView, initializeParams));
  }

  /** Whether the layer is the identity. */
  public boolean passesOn() {
    return getActivationFn() instanceof ActivationIdentity;
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
