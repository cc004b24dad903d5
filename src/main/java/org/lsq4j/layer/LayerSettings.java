package org.lsq4j.layer;

import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;

/** Copies what all of DL4J's feed-forward layer configurations have in common. */
public final class LayerSettings {

  private LayerSettings() {}

  /** Makes {@code target} train, regularize, initialise and activate like {@code source}. */
  public static void copy(FeedForwardLayer source, FeedForwardLayer target) {
    target.setLayerName(source.getLayerName());
    target.setIDropout(source.getIDropout());
    target.setConstraints(source.getConstraints());
    target.setActivationFn(source.getActivationFn());
    target.setWeightInitFn(source.getWeightInitFn());
    target.setBiasInit(source.getBiasInit());
    target.setGainInit(source.getGainInit());
    target.setRegularization(source.getRegularization());
    target.setRegularizationBias(source.getRegularizationBias());
    target.setIUpdater(source.getIUpdater());
    target.setBiasUpdater(source.getBiasUpdater());
    target.setWeightNoise(source.getWeightNoise());
    target.setGradientNormalization(source.getGradientNormalization());
    target.setGradientNormalizationThreshold(source.getGradientNormalizationThreshold());
    target.setNIn(source.getNIn());
    target.setNOut(source.getNOut());
    target.setTimeDistributedFormat(source.getTimeDistributedFormat());
  }
}
