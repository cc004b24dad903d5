package org.lsq4j.compute.onednn;

import java.util.function.IntToDoubleFunction;
import org.lsq4j.compute.BatchNormTensors;

/**
 * A batch norm's parameters and statistics in arrays: reading an element of a tensor takes as long
 * as normalizing hundreds of pixels.
 *
 * @param gamma scale of each channel
 * @param beta shift
 * @param mean of the batch
 * @param deviation sqrt(variance + epsilon) of the batch
 */
record ChannelNumbers(double[] gamma, double[] beta, double[] mean, double[] deviation) {

  static ChannelNumbers of(BatchNormTensors tensors, double epsilon) {
    double[] deviation = DenseTensors.values(tensors.variance());
    for (int channel = 0; channel < deviation.length; channel++) {
      deviation[channel] = Math.sqrt(deviation[channel] + epsilon);
    }
    return new ChannelNumbers(
        DenseTensors.values(tensors.gamma()),
        DenseTensors.values(tensors.beta()),
        DenseTensors.values(tensors.mean()),
        deviation);
  }

  /** v = (x - mean) gamma / deviation + beta. */
  NormLoops.Affine affine() {
    return new NormLoops.Affine(
        inRows(channel -> mean[channel]),
        inRows(channel -> gamma[channel] / deviation[channel]),
        inRows(channel -> beta[channel]));
  }

  /**
   * dL/dx from dL/dv.
   *
   * @param sums of dL/dv, for each channel
   * @param products sums of dL/dv (x - mean)
   * @param pixels that were summed
   * @param factor that all is multiplied by
   */
  NormLoops.Slopes slopes(double[] sums, double[] products, long pixels, double factor) {
    IntToDoubleFunction scale = channel -> factor * gamma[channel] / deviation[channel];
    return new NormLoops.Slopes(
        inRows(scale),
        inRows(
            channel ->
                -scale.applyAsDouble(channel)
                    * products[channel]
                    / (pixels * Math.pow(deviation[channel], 2))),
        inRows(channel -> -scale.applyAsDouble(channel) * sums[channel] / pixels));
  }

  /** dL/dgamma. */
  double[] gammaGradient(double[] products) {
    double[] gradient = new double[products.length];
    for (int channel = 0; channel < gradient.length; channel++) {
      gradient[channel] = products[channel] / deviation[channel];
    }
    return gradient;
  }

  /** A number for each channel, repeated to fill a row. */
  private float[] inRows(IntToDoubleFunction value) {
    float[] values = new float[Math.max(mean.length, NormLoops.ROW)];
    for (int i = 0; i < values.length; i++) {
      values[i] = i < mean.length ? (float) value.applyAsDouble(i) : values[i - mean.length];
    }
    return values;
  }
}
