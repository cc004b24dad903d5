package org.lsq4j.deploy.export;

import java.util.Optional;
import org.lsq4j.deploy.graph.Affine;
import org.lsq4j.deploy.graph.Offset;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.graph.Weights;
import org.lsq4j.layer.LayerQuantization;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The quantizers, weights and biases of one quantized layer as a graph has them. */
final class ProductParameters {

  private static final int SMALLEST_OFFSET = Short.MIN_VALUE;
  private static final int LARGEST_OFFSET = Short.MAX_VALUE;

  private final String name;
  private final QuantizedLayer layer;
  private final QuantizedLayerConfiguration conf;

  ProductParameters(String name, QuantizedLayer layer) {
    this.name = name;
    this.layer = layer;
    conf = (QuantizedLayerConfiguration) layer.conf().getLayer();
    requireQuantizers(conf.getQuantization());
  }

  private void requireQuantizers(LayerQuantization quantization) {
    if (quantization.weights() == null || quantization.inputs() == null) {
      throw UnsupportedNetworkException.of(
          name,
          (quantization.weights() == null ? "its weights are" : "its input is")
              + " float, and integer models have no float products; convert the network again"
              + " with bits for this layer, 8 if it must be exact");
    }
    if (quantization.weights().learnsOffset()) {
      throw UnsupportedNetworkException.of(
          name, "its weights have an offset, which integer products cannot have; train without it");
    }
  }

  private float step(QuantizerRole role, int channel) {
    float step = layer.getParam(QuantizedParamInitializer.stepKey(role)).getFloat(channel);
    if (!(step > 0)) {
      throw UnsupportedNetworkException.of(
          name, "its step size is " + step + "; calibrate or train the network first");
    }
    return step;
  }

  /** The quantizer of the layer's input. */
  Quantizer input() {
    QuantizerSpec spec = conf.getQuantization().inputs();
    float step = step(QuantizerRole.INPUT, 0);
    return new Quantizer(spec.bits(), spec.sign(), spec.span(), step, offset(spec, step));
  }

  private Offset offset(QuantizerSpec spec, float step) {
    if (!spec.learnsOffset()) {
      return Offset.NONE;
    }
    double steps = layer.getParam(QuantizedParamInitializer.INPUT_OFFSET).getDouble(0) / step;
    if (spec.offset() == OffsetMode.REAL) {
      return Offset.real((float) steps);
    }
    double rounded = Math.rint(steps);
    if (rounded < SMALLEST_OFFSET || rounded > LARGEST_OFFSET) {
      throw UnsupportedNetworkException.of(
          name,
          "its offset is "
              + rounded
              + " steps and must lie in -32768..32767: the step size has become too small; train"
              + " again from another calibration");
    }
    return Offset.integer((int) rounded);
  }

  /** Where DL4J's weights have a weight of the graph. */
  @FunctionalInterface
  interface WeightIndex {
    /**
     * The place in the row-major weights of the layer.
     *
     * @param output channel
     * @param index of the weight within that output, in the graph's order
     */
    long of(int output, int index);
  }

  /** The weight codes, computed as in training: in float, clipped, rounded half to even. */
  Weights weights(WeightIndex order) {
    QuantizerSpec spec = conf.getQuantization().weights();
    CodeRange range = spec.range();
    float[] values = layer.getParam(QuantizedParamInitializer.WEIGHT).dup('c').data().asFloat();
    int outputs = Math.toIntExact(conf.weightLayout().channels());
    int perOutput = values.length / outputs;
    float[] steps = new float[(int) layer.getParam(QuantizedParamInitializer.WEIGHT_STEP).length()];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = step(QuantizerRole.WEIGHT, i);
    }
    byte[] codes = new byte[values.length];
    for (int output = 0; output < outputs; output++) {
      float step = steps[steps.length == 1 ? 0 : output];
      for (int i = 0; i < perOutput; i++) {
        float u = values[(int) order.of(output, i)] / step;
        float clipped = Math.min(Math.max(u, range.lowest()), range.highest());
        codes[output * perOutput + i] = (byte) Math.rint(clipped);
      }
    }
    return new Weights(spec.bits(), spec.span(), outputs, codes, steps);
  }

  /** Bias, and a batch norm behind the layer. */
  Affine affine(Optional<NormParameters> norm) {
    int outputs = Math.toIntExact(conf.weightLayout().channels());
    float[] factors = new float[outputs];
    float[] addends = new float[outputs];
    for (int c = 0; c < outputs; c++) {
      double factor = norm.isPresent() ? norm.get().factor()[c] : 1;
      double shift = norm.isPresent() ? norm.get().shift()[c] : 0;
      factors[c] = (float) factor;
      addends[c] = (float) (bias(c) * factor + shift);
    }
    return norm.isPresent() ? Affine.of(factors, addends) : Affine.adding(addends);
  }

  private double bias(int channel) {
    INDArray bias = conf.hasBias() ? layer.getParam(QuantizedParamInitializer.BIAS) : null;
    return bias == null ? 0 : bias.getDouble(channel);
  }
}
