package org.lsq4j.training.distillation;

import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Probabilities at a temperature, where the logits they come from are not known. */
final class Softening {

  /** Far below the precision of float probabilities: the logarithm must only stay finite. */
  private static final double SMALLEST = 1e-30;

  private Softening() {}

  /**
   * softmax(z / T) from p = softmax(z). Since z = log p plus a constant for each example, which
   * softmax does not see, that is softmax(log p / T).
   *
   * @param probabilities p, [N, C]
   * @param temperature T, more than 0
   */
  static INDArray soften(INDArray probabilities, double temperature) {
    if (temperature == 1) {
      return probabilities;
    }
    INDArray logits = Transforms.log(Transforms.max(probabilities, SMALLEST, true), false);
    return new ActivationSoftmax().getActivation(logits.divi(temperature), false);
  }
}
