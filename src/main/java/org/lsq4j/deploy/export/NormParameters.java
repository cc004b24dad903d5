package org.lsq4j.deploy.export;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;

/**
 * A trained batch norm as y = x * factor + shift for each channel, in double precision:
 *
 * <pre>
 *   factor = gamma / sqrt(var + epsilon)      shift = beta - mean * factor
 * </pre>
 */
@SuppressWarnings("ArrayRecordComponent") // read once, never compared
record NormParameters(double[] factor, double[] shift) {

  static NormParameters of(Layer layer) {
    BatchNormalization conf = (BatchNormalization) layer.conf().getLayer();
    int channels = Math.toIntExact(conf.getNOut());
    double[] factor = new double[channels];
    double[] shift = new double[channels];
    for (int c = 0; c < channels; c++) {
      double gamma = conf.isLockGammaBeta() ? conf.getGamma() : gamma(layer, c);
      double beta = conf.isLockGammaBeta() ? conf.getBeta() : beta(layer, c);
      double mean = layer.getParam(BatchNormalizationParamInitializer.GLOBAL_MEAN).getDouble(c);
      factor[c] = gamma / Math.sqrt(variance(layer, conf, c) + conf.getEps());
      shift[c] = beta - mean * factor[c];
    }
    return new NormParameters(factor, shift);
  }

  private static double gamma(Layer layer, int channel) {
    return layer.getParam(BatchNormalizationParamInitializer.GAMMA).getDouble(channel);
  }

  private static double beta(Layer layer, int channel) {
    return layer.getParam(BatchNormalizationParamInitializer.BETA).getDouble(channel);
  }

  private static double variance(Layer layer, BatchNormalization conf, int channel) {
    return conf.isUseLogStd()
        ? Math.pow(
            10,
            2
                * layer
                    .getParam(BatchNormalizationParamInitializer.GLOBAL_LOG_STD)
                    .getDouble(channel))
        : layer.getParam(BatchNormalizationParamInitializer.GLOBAL_VAR).getDouble(channel);
  }

  int channels() {
    return factor.length;
  }
}
