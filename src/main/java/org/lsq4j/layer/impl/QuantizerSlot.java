package org.lsq4j.layer.impl;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.lsq4j.compute.FakeQuantizeKernel;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.TensorMemory;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.ndarray.INDArray;

/** One of a layer's quantizers: its parameters' views, its kernel, its state. */
final class QuantizerSlot {

  /**
   * Steps are kept at or above this. Small enough to be far below any useful step, large enough
   * that x / s stays finite in float for every x a network produces.
   */
  static final double STEP_FLOOR = 1e-8;

  /**
   * The most one update may change a step. A layer with few weights can meet a gradient that would
   * turn its step negative or blow it up, and neither comes back: with all weights on the bounds, a
   * batch norm behind hides the difference.
   */
  static final double LARGEST_CHANGE = 1.25;

  private final QuantizerRole role;
  private final QuantizerSpec spec;
  private final int channelAxis;
  private final FakeQuantizeKernel kernel;
  private final Supplier<? extends QuantizedLayerConfiguration> layer;
  private QuantizerTensors tensors;
  private boolean checked;
  private boolean applied;
  private Delivery delivery;
  private Postponed postponed;
  private long projections;
  private double[] before;

  QuantizerSlot(
      QuantizerRole role,
      QuantizerSpec spec,
      int channelAxis,
      FakeQuantizeKernel kernel,
      Supplier<? extends QuantizedLayerConfiguration> layer) {
    this.layer = layer;
    this.role = role;
    this.spec = spec;
    this.channelAxis = channelAxis;
    this.kernel = kernel;
  }

  /** Takes the views of the layer's parameters; they may have new values. */
  void bind(Map<String, INDArray> parameters) {
    checked = false;
    if (spec != null) {
      INDArray step = parameters.get(QuantizedParamInitializer.stepKey(role));
      INDArray offset = parameters.get(QuantizedParamInitializer.offsetKey(role));
      tensors = new QuantizerTensors(spec, step, offset, channelAxis);
    }
  }

  /** Looks at the step again before the next use. */
  void invalidate() {
    checked = false;
  }

  Optional<QuantizerTensors> tensors() {
    return Optional.ofNullable(tensors);
  }

  long projections() {
    return projections;
  }

  void setProjections(long earlier) {
    projections = earlier;
  }

  int stepsAtFloor() {
    if (!isInitialized()) {
      return 0;
    }
    double[] steps = values(tensors.step());
    return (int) Arrays.stream(steps).filter(step -> (float) step <= (float) STEP_FLOOR).count();
  }

  boolean isInitialized() {
    return tensors != null && tensors.step().minNumber().doubleValue() > 0;
  }

  /** Whether the last forward pass quantized. */
  boolean wasApplied() {
    return applied;
  }

  Operand forward(INDArray x, QuantizationMode mode, TensorMemory memory) {
    applied = isOn(mode);
    if (delivery != null) {
      return delivered(x);
    }
    if (!applied) {
      return Operand.plain(x);
    }
    requireInitialized();
    return kernel.forward(x, tensors, memory);
  }

  /** Whether there is a quantizer, and it is not switched off. */
  boolean isOn(QuantizationMode mode) {
    return tensors != null && mode == QuantizationMode.ACTIVE;
  }

  /**
   * What the layer before has made of the input in this quantizer's place, to be used once.
   *
   * @param x that came in
   * @param ofGradient who reads the gradient of the result
   */
  record Delivery(INDArray x, Operand result, TensorReader ofGradient) {}

  private Operand delivered(INDArray x) {
    if (delivery.x() != x) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "Layer %s: the layer joined with it made a tensor of shape %s, and another"
                  + " one, of shape %s, arrived; start Java with -Dlsq4j.joints=never",
              layer.get().getLayerName(),
              Arrays.toString(delivery.x().shape()),
              Arrays.toString(x.shape())));
    }
    return delivery.result();
  }

  /**
   * What is left to do of a backward pass for who made the input.
   *
   * @param upstream dL/dxHat
   * @param gradients where the quantizer's go; null without one
   */
  record Postponed(FormedTensor upstream, QuantizerGradients gradients) {}

  /**
   * The parameters, for a layer that quantizes what this quantizer will be given; empty if it
   * cannot: quantizers that are off, have an offset or several steps work alone.
   */
  Optional<QuantizerTensors> joinable(QuantizationMode mode) {
    if (!isOn(mode) || !tensors.perTensor() || tensors.offset() != null) {
      return Optional.empty();
    }
    requireInitialized();
    return Optional.of(tensors);
  }

  /** Takes the result of the next forward pass; {@link #backward} will be done by who made it. */
  void deliver(Delivery result) {
    delivery = result;
  }

  /** Who reads the gradient that goes to {@link #backward}. */
  TensorReader readerOfGradient() {
    return delivery == null ? TensorReader.OF_PLAIN_TENSORS : delivery.ofGradient();
  }

  /**
   * Turns dL/dxHat into dL/dx and writes the gradients of step and offset.
   *
   * @param upstream dL/dxHat, in a form that its reader takes; overwritten
   */
  void backward(INDArray x, FormedTensor upstream, Map<String, INDArray> gradients) {
    QuantizerGradients targets = tensors == null ? null : targets(x, gradients);
    if (delivery != null) {
      postponed = new Postponed(upstream, targets);
      return;
    }
    if (targets == null) {
      return;
    }
    if (applied) {
      kernel.backward(x, tensors, upstream.array(), targets);
    }
    settle(targets);
  }

  private QuantizerGradients targets(INDArray x, Map<String, INDArray> gradients) {
    before = values(tensors.step());
    return new QuantizerGradients(
        gradients.get(QuantizedParamInitializer.stepKey(role)),
        gradients.get(QuantizedParamInitializer.offsetKey(role)),
        scale(x));
  }

  /** dxHat/ds of each element of x, if that is all that {@link #backwardOfStep} needs. */
  Optional<INDArray> stepSlopes(INDArray x) {
    return applied && delivery == null ? kernel.stepSlopes(x, tensors) : Optional.empty();
  }

  /**
   * Writes the gradient of the step where nobody asks for dL/dx.
   *
   * @param sum of dL/dxHat dxHat/ds
   */
  void backwardOfStep(INDArray x, double sum, Map<String, INDArray> gradients) {
    before = values(tensors.step());
    INDArray target = gradients.get(QuantizedParamInitializer.stepKey(role));
    target.putScalar(0, sum * scale(x));
    settle(new QuantizerGradients(target, null, 1));
  }

  /** What is left of the backward pass of a delivered tensor. */
  Postponed postponed() {
    if (postponed == null) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "Layer %s: the batch norm or sum joined with it made its input, but this layer has"
                  + " had no backward pass; start Java with -Dlsq4j.joints=never",
              layer.get().getLayerName()));
    }
    return postponed;
  }

  /** Who delivered has done what was left. */
  void settleDelivered() {
    if (tensors != null) {
      settle(postponed.gradients());
    }
    forgetDelivery();
  }

  /** Quantizes alone again. */
  void forgetDelivery() {
    delivery = null;
    postponed = null;
  }

  private void settle(QuantizerGradients targets) {
    if (!applied || layer.get().getQuantization().fixesSteps()) {
      // The views still hold the last update; left as they are, it would be applied again.
      targets.step().assign(0);
      if (targets.offset() != null) {
        targets.offset().assign(0);
      }
    }
  }

  /** One by one: there are few, and an operation of ND4J takes longer. */
  private static double[] values(INDArray vector) {
    double[] values = new double[Math.toIntExact(vector.length())];
    Arrays.setAll(values, vector::getDouble);
    return values;
  }

  /**
   * Keeps every step positive and near the value it had before the update. NaN stays NaN, for the
   * trainer to find.
   */
  void project() {
    if (tensors == null) {
      return;
    }
    INDArray step = tensors.step();
    for (int i = 0; i < step.length(); i++) {
      double updated = step.getDouble(i);
      double allowed = allowed(i, updated);
      if (updated != allowed && !Double.isNaN(updated)) {
        step.putScalar(i, allowed);
        projections++;
      }
    }
    before = null;
  }

  private double allowed(int index, double updated) {
    if (before == null) {
      return Math.max(updated, STEP_FLOOR);
    }
    double lowest = Math.max(before[index] / LARGEST_CHANGE, STEP_FLOOR);
    double highest = Math.max(before[index] * LARGEST_CHANGE, STEP_FLOOR);
    return Math.min(Math.max(updated, lowest), highest);
  }

  private double scale(INDArray x) {
    long elements = x.length() / tensors.step().length();
    long examples = role == QuantizerRole.INPUT ? x.size(0) : 1;
    return spec.gradientScale().of(elements, examples, spec.range());
  }

  private void requireInitialized() {
    // DL4J can replace all parameters at once without telling the layer, hence the second look.
    if (checked && tensors.step().getDouble(0) > 0) {
      return;
    }
    double smallest = tensors.step().minNumber().doubleValue();
    if (!(smallest > 0)) {
      String cure =
          smallest == 0
              ? "it was never initialised: calibrate the network before training or evaluating it"
              : "it must be positive";
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "Layer %s: step size of the %s quantizer is %s; %s",
              layer.get().getLayerName(),
              role.name().toLowerCase(Locale.ROOT),
              smallest,
              cure));
    }
    checked = true;
  }
}
