package org.lsq4j.quantizer;

/** Errors of quantizers, computed by the oracle. */
final class QuantizationErrors {

  private QuantizationErrors() {}

  static double meanSquared(double[] values, QuantizerSpec spec, StepAndOffset parameters) {
    FakeQuantizer quantizer =
        new FakeQuantizer(
            spec,
            ChannelLayout.PER_TENSOR,
            new double[] {parameters.step()},
            new double[] {parameters.offset()});
    double[] xHat = quantizer.forward(values);
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += (xHat[i] - values[i]) * (xHat[i] - values[i]);
    }
    return sum / values.length;
  }
}
