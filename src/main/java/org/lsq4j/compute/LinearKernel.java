package org.lsq4j.compute;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A bilinear operation y = x * W + b with fixed geometry: a convolution or a matrix product. An
 * engine may keep primitives and memory for the shapes seen, so each layer has its own; not for use
 * by several threads.
 *
 * <p>Where nobody asks for dL/dW, the backward pass needs of x only the shape; x may then be the
 * array that receives dL/dx.
 *
 * <p>Convolution: x [N, Cin, H, W] or [N, H, W, Cin] as the geometry says, W [Cout, Cin / groups,
 * kH, kW], b [Cout]. Matrix product: x [N, nIn], W [nIn, nOut], b [nOut].
 */
public interface LinearKernel {

  /**
   * Computes y.
   *
   * @param x input
   * @param weights W
   * @param bias b, or null for none
   * @param y result, overwritten
   */
  void forward(Operand x, Operand weights, INDArray bias, INDArray y);

  /**
   * Computes the gradients.
   *
   * @param x the input of the forward pass
   * @param weights the weights of the forward pass
   * @param dy dL/dy
   * @param gradients where the results go; what is null is not computed
   */
  void backward(Operand x, Operand weights, INDArray dy, LinearGradients gradients);

  /**
   * The form of dL/dy in which the backward pass of these operands takes least time. Who makes
   * dL/dy anyway can make it so and call {@link #backwardFrom}.
   *
   * @param x the input of the forward pass
   * @param weights the weights of the forward pass
   * @param bias the bias of the forward pass, or null for none
   */
  default GradientForm preferredForm(Operand x, Operand weights, INDArray bias) {
    return GradientForm.PLAIN;
  }

  /**
   * Computes the gradients from a dL/dy that is plain or in the preferred form.
   *
   * @param x the input of the forward pass
   * @param weights the weights of the forward pass
   * @param dy dL/dy
   * @param gradients where the results go; what is null is not computed
   * @throws IllegalArgumentException if dL/dy is in another form
   */
  default void backwardFrom(Operand x, Operand weights, Upstream dy, LinearGradients gradients) {
    if (!dy.isPlain()) {
      throw new IllegalArgumentException(
          "dL/dy is in the form " + dy.form() + "; this kernel reads " + GradientForm.PLAIN);
    }
    backward(x, weights, dy.gradient(), gradients);
  }
}
