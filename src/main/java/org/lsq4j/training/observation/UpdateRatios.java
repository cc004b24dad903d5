package org.lsq4j.training.observation;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.training.StepGradients;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How strongly a step is moved, compared with the weights of its layer (LSQ paper, section 2.2):
 *
 * <pre>
 *   R = (|dL/ds| / |s|) / (|dL/dW| / |W|)
 * </pre>
 *
 * <p>Gradients are those of the task's loss as the updater gets them, with the factor 1 / sqrt(N p)
 * that is there to make R about 1, and without weight decay.
 */
final class UpdateRatios {

  private final QuantizedLayer layer;
  private final Map<QuantizerRole, Double> sums = new EnumMap<>(QuantizerRole.class);
  private final Map<QuantizerRole, Integer> counts = new EnumMap<>(QuantizerRole.class);

  UpdateRatios(QuantizedLayer layer) {
    this.layer = layer;
  }

  /** Begins to average. */
  void begin() {
    sums.clear();
    counts.clear();
  }

  /** Takes the gradients of an update; without gradient of the weights there is no ratio. */
  void add(StepGradients gradients) {
    double weights = relative(gradients, QuantizedParamInitializer.WEIGHT);
    if (!(weights > 0)) {
      return;
    }
    for (QuantizerRole role : QuantizerRole.values()) {
      if (layer.quantizers().tensors(role).isPresent()) {
        double ratio = relative(gradients, QuantizedParamInitializer.stepKey(role)) / weights;
        if (Double.isFinite(ratio)) {
          sums.merge(role, ratio, Double::sum);
          counts.merge(role, 1, Integer::sum);
        }
      }
    }
  }

  /** The mean so far; null for none. */
  Double mean(QuantizerRole role) {
    return sums.containsKey(role) ? sums.get(role) / counts.get(role) : null;
  }

  void write(DataOutputStream out) throws IOException {
    for (QuantizerRole role : QuantizerRole.values()) {
      out.writeInt(counts.getOrDefault(role, 0));
      out.writeDouble(sums.getOrDefault(role, 0.0));
    }
  }

  /** Takes over what was written. */
  void read(DataInputStream in) throws IOException {
    begin();
    for (QuantizerRole role : QuantizerRole.values()) {
      int count = in.readInt();
      double sum = in.readDouble();
      if (count > 0) {
        counts.put(role, count);
        sums.put(role, sum);
      }
    }
  }

  private double relative(StepGradients gradients, String key) {
    INDArray gradient = gradients.of(layer, key);
    return gradient == null
        ? Double.NaN
        : gradient.norm2Number().doubleValue() / layer.getParam(key).norm2Number().doubleValue();
  }
}
