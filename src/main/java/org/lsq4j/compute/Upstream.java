package org.lsq4j.compute;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The gradient that comes into a backward pass.
 *
 * @param gradient dL/dy
 * @param form how it lies in the array
 */
public record Upstream(INDArray gradient, GradientForm form) {

  /** A gradient as it is. */
  public static Upstream plain(INDArray gradient) {
    return new Upstream(gradient, GradientForm.PLAIN);
  }

  /** Whether it is in no special form. */
  public boolean isPlain() {
    return form.equals(GradientForm.PLAIN);
  }
}
