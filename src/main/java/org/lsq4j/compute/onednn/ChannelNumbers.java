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
  NormLoops.Affine affine(TensorTiles tiles) {
    return new NormLoops.Affine(
        tiles.inRows(channel -> mean[channel]),
        tiles.inRows(channel -> gamma[channel] / deviation[channel]),
        tiles.inRows(channel -> beta[channel]));
  }

  /**
   * dL/dx from dL/dv.
   *
   * @param sums of dL/dv, for each channel
   * @param products sums of dL/dv (x - mean)
   * @param tiles that were summed
   * @param factor that all is multiplied by
   */
  NormLoops.Slopes slopes(double[] sums, double[] products, TensorTiles tiles, double factor) {
    long pixels = tiles.pixels();
    IntToDoubleFunction scale = channel -> factor * gamma[channel] / deviation[channel];
    return new NormLoops.Slopes(
        tiles.inRows(scale),
        tiles.inRows(
            channel ->
                -scale.applyAsDouble(channel)
                    * products[channel]
                    / (pixels * Math.pow(deviation[channel], 2))),
        tiles.inRows(channel -> -scale.applyAsDouble(channel) * sums[channel] / pixels));
  }

  /** dL/dgamma. */
  double[] gammaGradient(double[] products) {
    double[] gradient = new double[products.length];
    for (int channel = 0; channel < gradient.length; channel++) {
      gradient[channel] = products[channel] / deviation[channel];
    }
    return gradient;
  }
}
