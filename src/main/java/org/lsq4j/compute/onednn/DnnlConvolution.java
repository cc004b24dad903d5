package org.lsq4j.compute.onednn;

import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.GradientForm;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.Upstream;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Convolution by oneDNN; tensors that are not float or have gaps are left to another kernel. */
final class DnnlConvolution implements LinearKernel {

  private final ConvolutionGeometry geometry;
  private final LinearKernel portable;
  private final DnnlProduct product;

  DnnlConvolution(ConvolutionGeometry geometry, LinearKernel portable, Policies policies) {
    this.geometry = geometry;
    this.portable = portable;
    product = new DnnlProduct(policies);
  }

  @Override
  public void forward(Operand x, Operand weights, INDArray bias, INDArray y) {
    if (DenseTensors.isRowMajor(y)) {
      Operand input = DenseTensors.rowMajor(x);
      Operand w = DenseTensors.rowMajor(weights);
      product.forward(shape(input, w), input, w, bias, y);
    } else {
      portable.forward(x, weights, bias, y);
    }
  }

  @Override
  public void backward(Operand x, Operand weights, INDArray dy, LinearGradients gradients) {
    if (isWritable(gradients.weights()) && isWritable(gradients.input())) {
      backprop(x, weights, Upstream.plain(DenseTensors.rowMajor(dy)), gradients);
    } else {
      portable.backward(x, weights, dy, gradients);
    }
  }

  @Override
  public GradientForm preferredForm(Operand x, Operand weights, INDArray bias) {
    Operand input = DenseTensors.rowMajor(x);
    Operand w = DenseTensors.rowMajor(weights);
    return product.preferredForm(shape(input, w), input, w, bias);
  }

  @Override
  public void backwardFrom(Operand x, Operand weights, Upstream dy, LinearGradients gradients) {
    if (dy.isPlain()) {
      backward(x, weights, dy.gradient(), gradients);
      return;
    }
    GradientForm read = preferredForm(x, weights, gradients.bias());
    if (!dy.form().equals(read)) {
      throw new IllegalArgumentException(
          "dL/dy is in the form " + dy.form() + "; this kernel reads " + read);
    }
    if (!isWritable(gradients.weights()) || !isWritable(gradients.input())) {
      throw new IllegalArgumentException(
          "dL/dW and dL/dx must be row major for a dL/dy in the form " + dy.form());
    }
    backprop(x, weights, dy, gradients);
  }

  private void backprop(Operand x, Operand weights, Upstream dy, LinearGradients gradients) {
    Operand input = DenseTensors.rowMajor(x);
    Operand w = DenseTensors.rowMajor(weights);
    product.backward(shape(input, w), input, w, dy, gradients);
  }

  private static boolean isWritable(INDArray gradientOrNull) {
    return gradientOrNull == null || DenseTensors.isRowMajor(gradientOrNull);
  }

  private ConvolutionShape shape(Operand x, Operand weights) {
    return ConvolutionShape.of(geometry, DenseTensors.shape(x), DenseTensors.shape(weights));
  }
}
