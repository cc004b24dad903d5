package org.lsq4j.compute.onednn;

import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.TensorForm;
import org.lsq4j.compute.TensorForms;
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
      compute(x, weights, bias, FormedTensor.plain(y));
    } else {
      portable.forward(x, weights, bias, y);
    }
  }

  @Override
  public TensorForms forwardForms(Operand x, Operand weights) {
    Operand input = DenseTensors.rowMajor(x);
    Operand w = DenseTensors.rowMajor(weights);
    return product.forwardForms(shape(input, w), input, w);
  }

  @Override
  public void forwardTo(Operand x, Operand weights, INDArray bias, FormedTensor y) {
    if (y.isPlain()) {
      forward(x, weights, bias, y.array());
      return;
    }
    forwardForms(x, weights).require(TensorForm.PLAIN, y.form());
    if (!DenseTensors.isRowMajor(y.array())) {
      throw new IllegalArgumentException("y must be row major in the form " + y.form());
    }
    compute(x, weights, bias, y);
  }

  private void compute(Operand x, Operand weights, INDArray bias, FormedTensor y) {
    Operand input = DenseTensors.rowMajor(x);
    Operand w = DenseTensors.rowMajor(weights);
    product.forward(shape(input, w), new DnnlProduct.Terms(input, w, bias), y);
  }

  @Override
  public void backward(Operand x, Operand weights, INDArray dy, LinearGradients gradients) {
    if (isWritable(gradients.weights()) && isWritable(gradients.input())) {
      backprop(x, weights, FormedTensor.plain(DenseTensors.rowMajor(dy)), gradients);
    } else {
      portable.backward(x, weights, dy, gradients);
    }
  }

  @Override
  public TensorForms backwardForms(Operand x, Operand weights, INDArray bias) {
    Operand input = DenseTensors.rowMajor(x);
    Operand w = DenseTensors.rowMajor(weights);
    return product.backwardForms(shape(input, w), input, w, bias);
  }

  @Override
  public void backwardFrom(Operand x, Operand weights, FormedTensor dy, LinearGradients gradients) {
    if (dy.isPlain() && gradients.inputForm().isPlain()) {
      backward(x, weights, dy.array(), gradients);
      return;
    }
    backwardForms(x, weights, gradients.bias()).require(gradients.inputForm(), dy.form());
    if (!isWritable(gradients.weights()) || !isWritable(gradients.input())) {
      throw new IllegalArgumentException(
          "dL/dW and dL/dx must be row major where dL/dy or dL/dx is in a form of its own, got "
              + dy.form()
              + " and "
              + gradients.inputForm());
    }
    backprop(x, weights, dy, gradients);
  }

  private void backprop(Operand x, Operand weights, FormedTensor dy, LinearGradients gradients) {
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
