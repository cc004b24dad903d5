package org.lsq4j.compute.onednn;

import java.util.HashMap;
import java.util.Map;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.Operand;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Convolution by oneDNN, channels last inside. Primitives and buffers are made once for each input
 * shape.
 */
final class DnnlConvolution implements LinearKernel {

  /** Training batch, its remainder, evaluation batch and its remainder, with room to spare. */
  private static final int MAX_PLANS = 8;

  private final ConvolutionGeometry geometry;
  private final LinearKernel portable;
  private final IntegerPolicy integer;
  private final Map<ConvolutionShape, ConvolutionPlan> plans = new HashMap<>();

  DnnlConvolution(ConvolutionGeometry geometry, LinearKernel portable, IntegerPolicy integer) {
    this.geometry = geometry;
    this.integer = integer;
    this.portable = portable;
  }

  @Override
  public void forward(Operand x, Operand weights, INDArray bias, INDArray y) {
    if (!DenseTensors.isRowMajor(y)) {
      portable.forward(x, weights, bias, y);
    } else if (x instanceof QuantizedOperand codesX
        && weights instanceof QuantizedOperand codesW
        && integer.allows(codesX, codesW, DnnlRuntime.get().instructionSet())) {
      plan(codesX.shape(), codesW.shape()).forward(codesX, codesW, bias, y);
    } else {
      INDArray input = DenseTensors.rowMajor(x.values());
      INDArray w = DenseTensors.rowMajor(weights.values());
      plan(input.shape(), w.shape()).forward(input, w, bias, y);
    }
  }

  @Override
  public void backward(Operand x, Operand weights, INDArray dy, LinearGradients gradients) {
    if (!DenseTensors.isRowMajor(gradients.weights())) {
      portable.backward(x, weights, dy, gradients);
      return;
    }
    INDArray input = DenseTensors.rowMajor(x.values());
    INDArray w = DenseTensors.rowMajor(weights.values());
    INDArray upstream = DenseTensors.rowMajor(dy);
    ConvolutionPlan plan = plan(input.shape(), w.shape());
    plan.backwardWeights(input, upstream, gradients.weights(), gradients.bias());
    if (gradients.input() != null) {
      plan.backwardData(w, upstream, gradients.input());
    }
  }

  private ConvolutionPlan plan(long[] x, long[] weights) {
    ConvolutionShape shape = ConvolutionShape.of(geometry, x, weights);
    ConvolutionPlan plan = plans.get(shape);
    if (plan == null) {
      if (plans.size() >= MAX_PLANS) {
        plans.clear();
      }
      plan = new ConvolutionPlan(shape);
      plans.put(shape, plan);
    }
    return plan;
  }
}
