package org.lsq4j.compute;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Broadcast;

/**
 * A transposed convolution, made from any engine's convolution: what is one's forward pass is the
 * other's gradient. It computes y such that x is what the convolution makes of y's shape: x [N,
 * Cin, H, W] or [N, H, W, Cin], W [Cin, Cout, kH, kW], b [Cout]. On real values, not on codes.
 */
public final class TransposedConvolution implements LinearKernel {

  private final ConvolutionGeometry geometry;
  private final LinearKernel convolution;

  /**
   * The transpose of a convolution.
   *
   * @param engine makes the convolution
   * @param geometry of the convolution from y to x
   */
  public TransposedConvolution(ComputeEngine engine, ConvolutionGeometry geometry) {
    this.geometry = geometry;
    convolution = engine.convolution(geometry);
  }

  @Override
  public void forward(Operand x, Operand weights, INDArray bias, INDArray y) {
    // The convolution's dL/dx needs no x, only a tensor of its shape.
    convolution.backward(Operand.plain(y), weights, x.values(), new LinearGradients(y, null, null));
    if (bias != null) {
      Broadcast.add(y, bias, y, geometry.channelAxis());
    }
  }

  @Override
  public void backward(Operand x, Operand weights, INDArray dy, LinearGradients gradients) {
    Operand upstream = Operand.plain(dy);
    if (gradients.input() != null) {
      convolution.forward(upstream, weights, null, gradients.input());
    }
    if (gradients.weights() != null) {
      convolution.backward(
          upstream, weights, x.values(), new LinearGradients(null, gradients.weights(), null));
    }
    if (gradients.bias() != null) {
      int h = geometry.heightAxis();
      dy.sum(gradients.bias(), 0, h, h + 1);
    }
  }
}
