package org.lsq4j.network;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Whether an activation function gives smaller negative than positive values. The function is
 * tried, so that a user's own is judged like DL4J's.
 */
final class ActivationSkew {

  private static final double REACH = 8;
  private static final int POINTS = 161;

  /** Below this ratio of the ends; tanh and the identity have 1, ELU 0.12, Swish 0.03. */
  private static final double SYMMETRIC = 0.9;

  private ActivationSkew() {}

  static boolean isSkewed(IActivation function) {
    INDArray inputs = Nd4j.linspace(DataType.FLOAT, -REACH, 2 * REACH / (POINTS - 1), POINTS);
    INDArray values = function.getActivation(inputs.reshape(1, POINTS), false);
    double lowest = values.minNumber().doubleValue();
    double highest = values.maxNumber().doubleValue();
    return lowest < 0 && -lowest < SYMMETRIC * highest;
  }
}
