package org.lsq4j.layer;

import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;

/** What dense and output layers share. */
final class MatrixLayers {

  private MatrixLayers() {}

  /** Weights [nIn, nOut], column major as in DL4J, so that an output channel is one block. */
  static WeightLayout layout(FeedForwardLayer layer) {
    long nIn = layer.getNIn();
    long nOut = layer.getNOut();
    return new WeightLayout(new long[] {nIn, nOut}, 'f', 1, nIn, nOut);
  }
}
