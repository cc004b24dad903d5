package org.lsq4j.training.oscillation;

import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.network.Networks;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerRole;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The weights of a quantized layer as plain numbers, in the order in which they lie in the flat
 * parameters: the weights of an output channel are neighbours there, in every kind of layer.
 */
final class QuantizedWeights {

  private final QuantizedLayer layer;
  private final QuantizerTensors tensors;
  private final CodeRange range;
  private final INDArray flat;
  private final INDArray staging;
  private final float[] values;
  private final int perStep;
  private final Steps steps;

  /** The s and z of one moment, z as the forward pass uses it. */
  private static final class Steps {
    private final double[] step;
    private final double[] offset;

    Steps(int count) {
      step = new double[count];
      offset = new double[count];
    }
  }

  /** The weights of a layer that has a weight quantizer. */
  QuantizedWeights(QuantizedLayer layer) {
    this.layer = layer;
    tensors = layer.quantizers().tensors(QuantizerRole.WEIGHT).orElseThrow();
    range = tensors.spec().range();
    flat = flat(layer.getParam(QuantizedParamInitializer.WEIGHT));
    staging = Nd4j.createUninitialized(DataType.FLOAT, flat.length());
    values = new float[Math.toIntExact(flat.length())];
    int count = Math.toIntExact(tensors.step().length());
    perStep = values.length / count;
    steps = new Steps(count);
  }

  private static INDArray flat(INDArray tensor) {
    return tensor.reshape(tensor.ordering(), new long[] {tensor.length()});
  }

  String layerName() {
    return Networks.nameOf(layer);
  }

  QuantizedLayer layer() {
    return layer;
  }

  QuantizerTensors tensors() {
    return tensors;
  }

  /** Number of weights. */
  int length() {
    return values.length;
  }

  /** Number of weights that share a step; neighbours. */
  int perStep() {
    return perStep;
  }

  /** Reads weights, steps and offsets as they are now. */
  void read() {
    fetch(flat);
    for (int i = 0; i < steps.step.length; i++) {
      steps.step[i] = tensors.step().getDouble(i);
      steps.offset[i] = effectiveOffset(i);
    }
  }

  private double effectiveOffset(int index) {
    if (tensors.offset() == null) {
      return 0;
    }
    double offset = tensors.offset().getDouble(index);
    double step = steps.step[index];
    return tensors.spec().offset() == OffsetMode.INTEGER ? Math.rint(offset / step) * step : offset;
  }

  /** The codes of what was read: round(clip((w - z) / s, n, p)). */
  void codes(short[] target) {
    for (int channel = 0; channel < steps.step.length; channel++) {
      double step = steps.step[channel];
      double offset = steps.offset[channel];
      for (int i = channel * perStep; i < (channel + 1) * perStep; i++) {
        target[i] = (short) Math.rint(clip((values[i] - offset) / step));
      }
    }
  }

  private double clip(double u) {
    return Math.min(Math.max(u, range.lowest()), range.highest());
  }

  /**
   * Adds to a gradient of the weights the one of factor / 2 |clip(w) - wHat|^2, wHat being taken as
   * a constant: factor (clip(w) - wHat). It is 0 beyond the bounds by itself.
   */
  void addDistance(INDArray gradient, double factor) {
    for (int channel = 0; channel < steps.step.length; channel++) {
      double step = steps.step[channel];
      double offset = steps.offset[channel];
      for (int i = channel * perStep; i < (channel + 1) * perStep; i++) {
        double u = clip((values[i] - offset) / step);
        values[i] = (float) (factor * step * (u - Math.rint(u)));
      }
    }
    stage();
    INDArray target = flat(gradient);
    target.addi(staging.castTo(target.dataType()));
  }

  /** Puts frozen weights in the middle of their codes, code s + z, for the s and z of now. */
  void hold(OscillationTracker tracker) {
    for (int channel = 0; channel < steps.step.length; channel++) {
      double step = steps.step[channel];
      double offset = steps.offset[channel];
      for (int i = channel * perStep; i < (channel + 1) * perStep; i++) {
        if (tracker.isFrozen(i)) {
          values[i] = (float) (tracker.code(i) * step + offset);
        }
      }
    }
    stage();
    flat.assign(staging);
  }

  /** The numbers of a gradient of the weights; the array is reused. */
  float[] read(INDArray gradient) {
    fetch(flat(gradient));
    return values;
  }

  /** Writes the numbers of the last {@link #read(INDArray)} back. */
  void write(INDArray gradient) {
    stage();
    flat(gradient).assign(staging);
  }

  private void fetch(INDArray source) {
    staging.assign(source);
    Nd4j.getAffinityManager().ensureLocation(staging, AffinityManager.Location.HOST);
    staging.data().asNioFloat().get(values);
  }

  private void stage() {
    staging.data().asNioFloat().put(values);
    Nd4j.getAffinityManager().tagLocation(staging, AffinityManager.Location.HOST);
  }
}
