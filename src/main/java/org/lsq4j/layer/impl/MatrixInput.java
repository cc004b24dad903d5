package org.lsq4j.layer.impl;

import java.util.Arrays;
import java.util.Locale;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Checks the input of dense and output layers. */
final class MatrixInput {

  private MatrixInput() {}

  static void require(INDArray x, FeedForwardLayer conf) {
    if (x.rank() != 2 || x.size(1) != conf.getNIn()) {
      throw new DL4JInvalidInputException(
          String.format(
              Locale.ROOT,
              "Layer %s expects a matrix [examples, %d], got shape %s",
              conf.getLayerName(),
              conf.getNIn(),
              Arrays.toString(x.shape())));
    }
  }
}
