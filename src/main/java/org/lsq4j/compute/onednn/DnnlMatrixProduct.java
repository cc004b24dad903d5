package org.lsq4j.compute.onednn;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.Size2D;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The matrix product, described as a convolution of images of one pixel. DL4J's weights [nIn, nOut]
 * are column major and so lie in memory as a convolution's [nOut, nIn, 1, 1]; others are left to
 * another kernel.
 */
final class DnnlMatrixProduct implements LinearKernel {

  private static final ConvolutionGeometry PIXEL =
      new ConvolutionGeometry(
          CNN2DFormat.NHWC, 1, Size2D.ONE, Size2D.ONE, Size2D.ONE, Padding2D.NONE);

  private final LinearKernel portable;
  private final DnnlProduct product;

  DnnlMatrixProduct(LinearKernel portable, Policies policies) {
    this.portable = portable;
    product = new DnnlProduct(policies);
  }

  @Override
  public void forward(Operand x, Operand weights, INDArray bias, INDArray y) {
    if (DenseTensors.isRowMajor(y) && DenseTensors.isColumnMajor(weights)) {
      Operand input = DenseTensors.rowMajor(x);
      product.forward(
          shape(input, y.size(1)),
          new DnnlProduct.Terms(input, weights, bias),
          FormedTensor.plain(y));
    } else {
      portable.forward(x, weights, bias, y);
    }
  }

  @Override
  public void backward(Operand x, Operand weights, INDArray dy, LinearGradients gradients) {
    if (DenseTensors.isColumnMajor(gradients.weights()) && DenseTensors.isColumnMajor(weights)) {
      Operand input = DenseTensors.rowMajor(x);
      product.backward(
          shape(input, dy.size(1)),
          input,
          weights,
          FormedTensor.plain(DenseTensors.rowMajor(dy)),
          gradients);
    } else {
      portable.backward(x, weights, dy, gradients);
    }
  }

  private static ConvolutionShape shape(Operand x, long outputs) {
    long[] rows = DenseTensors.shape(x);
    return new ConvolutionShape(PIXEL, rows[0], rows[1], 1, 1, outputs);
  }
}
