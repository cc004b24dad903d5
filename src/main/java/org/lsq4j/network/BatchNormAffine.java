package org.lsq4j.network;

import java.util.Arrays;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a batch norm computes in inference, channel by channel:
 *
 * <pre>y = multiplier x + addend,  multiplier = gamma / sqrt(variance + epsilon),
 * addend = beta - multiplier mean</pre>
 *
 * <p>With a step s_w of the weights and s_x of the input, a convolution of codes followed by batch
 * norm is {@code s_w s_x multiplier * (sum of code products) + addend}: folding a trained quantized
 * network changes no code. Immutable.
 */
public final class BatchNormAffine {

  private final double[] multiplier;
  private final double[] addend;

  private BatchNormAffine(double[] multiplier, double[] addend) {
    this.multiplier = multiplier;
    this.addend = addend;
  }

  /**
   * That of a layer whose configuration is a {@link BatchNormalization}, from its running
   * statistics, in either of DL4J's forms.
   */
  public static BatchNormAffine of(Layer norm) {
    BatchNormalization conf = (BatchNormalization) norm.conf().getLayer();
    double[] mean = values(norm, BatchNormalizationParamInitializer.GLOBAL_MEAN);
    double[] variance = variance(norm, conf);
    double[] multiplier = new double[mean.length];
    double[] addend = new double[mean.length];
    boolean locked = conf.isLockGammaBeta();
    for (int c = 0; c < mean.length; c++) {
      double gamma =
          locked ? conf.getGamma() : value(norm, BatchNormalizationParamInitializer.GAMMA, c);
      double beta =
          locked ? conf.getBeta() : value(norm, BatchNormalizationParamInitializer.BETA, c);
      multiplier[c] = gamma / Math.sqrt(variance[c] + conf.getEps());
      addend[c] = beta - multiplier[c] * mean[c];
    }
    return new BatchNormAffine(multiplier, addend);
  }

  private static double value(Layer norm, String key, int channel) {
    return norm.getParam(key).getDouble(channel);
  }

  private static double[] values(Layer norm, String key) {
    return norm.getParam(key).dup('c').data().asDouble();
  }

  /** The running variance, for DL4J's other form from the decimal logarithm of the deviation. */
  private static double[] variance(Layer norm, BatchNormalization conf) {
    return conf.isUseLogStd()
        ? Arrays.stream(values(norm, BatchNormalizationParamInitializer.GLOBAL_LOG_STD))
            .map(logarithm -> Math.pow(10, 2 * logarithm))
            .toArray()
        : values(norm, BatchNormalizationParamInitializer.GLOBAL_VAR);
  }

  /**
   * The same behind a layer with a bias: applied to what that layer computes without it.
   *
   * @param bias one value a channel; null if the layer has none
   */
  BatchNormAffine after(INDArray bias) {
    if (bias == null) {
      return this;
    }
    double[] shifted = addend.clone();
    for (int c = 0; c < shifted.length; c++) {
      shifted[c] += multiplier[c] * bias.getDouble(c);
    }
    return new BatchNormAffine(multiplier, shifted);
  }

  /** Number of channels. */
  public int channels() {
    return multiplier.length;
  }

  /** Factor of each channel, a copy; negative where gamma is. */
  public double[] multiplier() {
    return multiplier.clone();
  }

  /** What is added to each channel, a copy. */
  public double[] addend() {
    return addend.clone();
  }
}
