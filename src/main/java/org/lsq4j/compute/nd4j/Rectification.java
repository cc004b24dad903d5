package org.lsq4j.compute.nd4j;

import org.lsq4j.compute.Rectifier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.scalar.RectifiedLinearDerivative;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Rectifiers by ND4J operations. */
final class Rectification {

  private Rectification() {}

  /** Applies a rectifier in place. */
  static void apply(Rectifier rectifier, INDArray values) {
    if (rectifier == Rectifier.RELU) {
      Transforms.max(values, 0, false);
    }
  }

  /**
   * Writes the gradient of what was rectified.
   *
   * @param result what the rectifier gave
   * @param dy gradient of the result
   * @param dx receives the gradient
   */
  static void backprop(Rectifier rectifier, INDArray result, INDArray dy, INDArray dx) {
    if (rectifier == Rectifier.RELU) {
      Nd4j.exec(new RectifiedLinearDerivative(result, dy, dx, 0));
    } else {
      dx.assign(dy);
    }
  }
}
