package org.lsq4j.layer.impl;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.ReusedMemory;
import org.lsq4j.compute.TensorMemory;
import org.lsq4j.layer.LayerQuantization;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.quantizer.QuantizerRole;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The weight and the input quantizer of one layer: their parameters, and switches that are not
 * saved with the network.
 */
public final class LayerQuantizers {

  private final QuantizerSlot weights;
  private final QuantizerSlot inputs;
  private final ReusedMemory weightMemory = new ReusedMemory();
  private QuantizationMode mode = QuantizationMode.ACTIVE;
  private InputObserver observer = InputObserver.NONE;

  /**
   * Makes the quantizers of a layer.
   *
   * @param layer the layer's configuration as it is at any time
   * @param engine makes the kernels
   */
  LayerQuantizers(Supplier<? extends QuantizedLayerConfiguration> layer, ComputeEngine engine) {
    LayerQuantization specs = layer.get().getQuantization();
    int channelAxis = layer.get().weightLayout().channelAxis();
    weights =
        new QuantizerSlot(
            QuantizerRole.WEIGHT, specs.weights(), channelAxis, engine.fakeQuantize(), layer);
    inputs =
        new QuantizerSlot(QuantizerRole.INPUT, specs.inputs(), -1, engine.fakeQuantize(), layer);
  }

  /** The quantizer of a role with views of its parameters; empty if it is off. */
  public Optional<QuantizerTensors> tensors(QuantizerRole role) {
    return slot(role).tensors();
  }

  /** Whether the quantizer of a role exists and has its first step size. */
  public boolean isInitialized(QuantizerRole role) {
    return slot(role).isInitialized();
  }

  /**
   * How often an update of a step of this role was limited, since the layer was made or resumed.
   */
  public long projections(QuantizerRole role) {
    return slot(role).projections();
  }

  /** Counts projections from a number on: that of a training which is resumed. */
  public void setProjections(QuantizerRole role, long earlier) {
    slot(role).setProjections(earlier);
  }

  /** How many steps of this role lie at the floor, the smallest step allowed. */
  public int stepsAtFloor(QuantizerRole role) {
    return slot(role).stepsAtFloor();
  }

  /** Turns both quantizers on or off. */
  public void setMode(QuantizationMode newMode) {
    mode = Objects.requireNonNull(newMode, "mode");
  }

  /** Whether the quantizers are on. */
  public QuantizationMode mode() {
    return mode;
  }

  /** Shows the layer's inputs to an observer from now on; {@link InputObserver#NONE} stops that. */
  public void setInputObserver(InputObserver newObserver) {
    observer = Objects.requireNonNull(newObserver, "observer");
  }

  /**
   * The input quantizer, for a layer before that does its work; empty if it must do it itself now,
   * as somebody wants to see what comes in.
   */
  Optional<QuantizerTensors> joinableInput() {
    return observer == InputObserver.NONE ? inputs.joinable(mode) : Optional.empty();
  }

  /** Whether what comes in is neither quantized now nor seen by anybody but the product. */
  boolean takesInputAsItIs() {
    return observer == InputObserver.NONE && !inputs.isOn(mode);
  }

  /**
   * Takes what the layer before has made of the input, in the quantizer's place if there is one.
   *
   * @param x that came in
   * @param ofGradient who reads the gradient of the result
   */
  void deliverInput(INDArray x, Operand result, TensorReader ofGradient) {
    inputs.deliver(new QuantizerSlot.Delivery(x, result, ofGradient));
  }

  /** What is left of the input quantizer's backward pass to the layer before. */
  QuantizerSlot.Postponed postponed() {
    return inputs.postponed();
  }

  /** The layer before has done that. */
  void settleDelivered() {
    inputs.settleDelivered();
  }

  void bind(Map<String, INDArray> parameters) {
    weights.bind(parameters);
    inputs.bind(parameters);
  }

  void invalidate() {
    weights.invalidate();
    inputs.invalidate();
  }

  void project() {
    weights.project();
    inputs.project();
  }

  /** Whether the input's quantizer was on in the last forward pass, and so learns in this step. */
  boolean quantizedInput() {
    return inputs.wasApplied();
  }

  Operand quantizeInput(INDArray x, TensorMemory memory) {
    observer.observe(x);
    return inputs.forward(x, mode, memory);
  }

  /** Quantizes alone again. */
  void forgetDelivery() {
    inputs.forgetDelivery();
  }

  Operand quantizeWeights(INDArray w) {
    weightMemory.rewind();
    return weights.forward(w, mode, weightMemory);
  }

  /** Who reads the gradient that goes to {@link #backpropInput}. */
  TensorReader readerOfInputGradient() {
    return inputs.readerOfGradient();
  }

  void backpropInput(INDArray x, FormedTensor upstream, Map<String, INDArray> gradients) {
    inputs.backward(x, upstream, gradients);
  }

  /** dxHat/ds of each element of the input, if {@link #backpropInputStep} can do without dL/dx. */
  Optional<INDArray> inputStepSlopes(INDArray x) {
    return inputs.stepSlopes(x);
  }

  /** Writes the gradient of the input's step, the sum of dL/dxHat dxHat/ds. */
  void backpropInputStep(INDArray x, double sum, Map<String, INDArray> gradients) {
    inputs.backwardOfStep(x, sum, gradients);
  }

  void backpropWeights(INDArray w, INDArray upstream, Map<String, INDArray> gradients) {
    weights.backward(w, FormedTensor.plain(upstream), gradients);
  }

  private QuantizerSlot slot(QuantizerRole role) {
    return role == QuantizerRole.WEIGHT ? weights : inputs;
  }
}
