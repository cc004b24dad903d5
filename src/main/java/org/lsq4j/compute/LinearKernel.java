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
   * The forms of x and y in which the forward pass of these operands takes least time. Who makes
   * the one and reads the other anyway can do it so, give x as a {@link FormedTensor} and call
   * {@link #forwardTo}.
   *
   * @param x of the shape and type of the input
   * @param weights W
   */
  default TensorForms forwardForms(Operand x, Operand weights) {
    return TensorForms.PLAIN;
  }

  /**
   * Computes a y that is plain or in the preferred form.
   *
   * @param x input, plain or in the preferred form
   * @param weights W
   * @param bias b, or null for none
   * @param y result, overwritten
   * @throws IllegalArgumentException if y is asked for in another form
   */
  default void forwardTo(Operand x, Operand weights, INDArray bias, FormedTensor y) {
    TensorForms.PLAIN.require(TensorForm.PLAIN, y.form());
    forward(x, weights, bias, y.array());
  }

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
   * The forms of dL/dy and dL/dx in which the backward pass of these operands takes least time. Who
   * makes the one and reads the other anyway can do it so and call {@link #backwardFrom}.
   *
   * @param x the input of the forward pass
   * @param weights the weights of the forward pass
   * @param bias the bias of the forward pass, or null for none
   */
  default TensorForms backwardForms(Operand x, Operand weights, INDArray bias) {
    return TensorForms.PLAIN;
  }

  /**
   * Computes the gradients from a dL/dy that is plain or in the preferred form, and a dL/dx
   * likewise.
   *
   * @param x the input of the forward pass
   * @param weights the weights of the forward pass
   * @param dy dL/dy
   * @param gradients where the results go; what is null is not computed
   * @throws IllegalArgumentException if dL/dy is, or dL/dx is asked for, in another form
   */
  default void backwardFrom(
      Operand x, Operand weights, FormedTensor dy, LinearGradients gradients) {
    TensorForms.PLAIN.require(gradients.inputForm(), dy.form());
    backward(x, weights, dy.array(), gradients);
  }
}
