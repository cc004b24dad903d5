package org.lsq4j.training.oscillation;

import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.training.StepGradients;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The gradients of frozen weights. Such a weight is no parameter any more but wHat = code s + z, so
 * its part of dL/ds is code dL/dwHat, and that of dL/dz is dL/dwHat. The backward pass took it for
 * a parameter: inside the bounds it wrote dL/dwHat to dL/dw and 0 to dL/ds, at a bound 0 and the
 * right numbers. So moving the gradients from the weights to s and z makes both right.
 */
final class FrozenGradients {

  private final QuantizedWeights weights;
  private final OscillationTracker tracker;

  FrozenGradients(QuantizedWeights weights, OscillationTracker tracker) {
    this.weights = weights;
    this.tracker = tracker;
  }

  void move(StepGradients gradients) {
    INDArray dw = gradients.of(weights.layer(), QuantizedParamInitializer.WEIGHT);
    float[] values = weights.read(dw);
    int channels = weights.length() / weights.perStep();
    double[] toStep = new double[channels];
    double[] toOffset = new double[channels];
    for (int i = 0; i < values.length; i++) {
      if (tracker.isFrozen(i)) {
        int channel = i / weights.perStep();
        toStep[channel] += values[i] * tracker.code(i);
        toOffset[channel] += values[i];
        values[i] = 0;
      }
    }
    weights.write(dw);
    if (!fixesSteps()) {
      add(gradients, toStep, toOffset);
    }
  }

  private boolean fixesSteps() {
    QuantizedLayerConfiguration conf =
        (QuantizedLayerConfiguration) weights.layer().conf().getLayer();
    return conf.getQuantization().fixesSteps();
  }

  private void add(StepGradients gradients, double[] toStep, double[] toOffset) {
    QuantizerTensors tensors = weights.tensors();
    double scale = tensors.spec().gradientScale().of(weights.perStep(), 1, tensors.spec().range());
    INDArray ds = gradients.of(weights.layer(), step());
    for (int channel = 0; channel < toStep.length; channel++) {
      double toThis = toStep[channel] + toOffset[channel] * offsetRounding(channel);
      ds.putScalar(channel, ds.getDouble(channel) + scale * toThis);
    }
    if (tensors.offset() != null) {
      INDArray dz = gradients.of(weights.layer(), offset());
      for (int channel = 0; channel < toOffset.length; channel++) {
        dz.putScalar(channel, dz.getDouble(channel) + scale * toOffset[channel]);
      }
    }
  }

  /** dz'/ds of an integer offset z' = round(z / s) s, straight through the rounding. */
  private double offsetRounding(int channel) {
    QuantizerTensors tensors = weights.tensors();
    if (tensors.spec().offset() != OffsetMode.INTEGER) {
      return 0;
    }
    double u = tensors.offset().getDouble(channel) / tensors.step().getDouble(channel);
    return Math.rint(u) - u;
  }

  private static String step() {
    return QuantizedParamInitializer.stepKey(QuantizerRole.WEIGHT);
  }

  private static String offset() {
    return QuantizedParamInitializer.offsetKey(QuantizerRole.WEIGHT);
  }
}
