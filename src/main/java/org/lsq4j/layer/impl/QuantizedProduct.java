package org.lsq4j.layer.impl;

import java.util.Map;
import java.util.Optional;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.ReusedMemory;
import org.lsq4j.compute.TensorForm;
import org.lsq4j.compute.TensorForms;
import org.lsq4j.compute.TensorMemory;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * y = Q(x) * Q(W) + b and its gradients: the part that convolutions, dense and output layers share.
 * Keeps what the backward pass needs from the forward pass before it.
 */
final class QuantizedProduct {

  private final LayerQuantizers quantizers;
  private final ReusedMemory memory = new ReusedMemory();
  private INDArray x;
  private INDArray weights;
  private INDArray bias;
  private Operand quantizedX;
  private Operand quantizedWeights;
  private FormedTensor y;

  QuantizedProduct(LayerQuantizers quantizers) {
    this.quantizers = quantizers;
  }

  /** W and b; b is null without bias. */
  record Parameters(INDArray weights, INDArray bias) {}

  /** An array for the product, overwritten, and who reads it. */
  record Target(INDArray y, TensorReader reader) {}

  /**
   * Computes y.
   *
   * @param kernel the kind of product
   * @param input x, valid until the backward pass if there is one
   * @param parameters W and b
   * @param target receives the product
   * @param memory for what lives until the backward pass
   */
  void forward(
      LinearKernel kernel,
      INDArray input,
      Parameters parameters,
      Target target,
      TensorMemory memory) {
    x = input;
    weights = parameters.weights();
    bias = parameters.bias();
    quantizedX = quantizers.quantizeInput(input, memory);
    quantizedWeights = quantizers.quantizeWeights(weights);
    TensorForm form =
        target.reader() == TensorReader.OF_ANY_FORM
            ? kernel.forwardForms(quantizedX, quantizedWeights).output()
            : TensorForm.PLAIN;
    y = new FormedTensor(target.y(), form);
    kernel.forwardTo(quantizedX, quantizedWeights, bias, y);
  }

  /** The last product, until {@link #clear}. */
  FormedTensor result() {
    return y;
  }

  /** The forms of dL/dy and dL/dx that take least time now. */
  TensorForms backwardForms(LinearKernel kernel) {
    return kernel.backwardForms(quantizedX, quantizedWeights, bias);
  }

  /**
   * Computes all gradients of the last forward pass.
   *
   * @param kernel the kind of product, as in the forward pass
   * @param dy dL/dy, plain or in the preferred form
   * @param dx receives dL/dx; null if nobody asks
   * @param gradients views that receive the parameters' gradients, by key
   */
  void backward(
      LinearKernel kernel, FormedTensor dy, INDArray dx, Map<String, INDArray> gradients) {
    memory.rewind();
    INDArray dw = gradients.get(QuantizedParamInitializer.WEIGHT);
    INDArray db = gradients.get(QuantizedParamInitializer.BIAS);
    Optional<INDArray> slopes =
        dx == null && dy.isPlain() ? quantizers.inputStepSlopes(x) : Optional.empty();
    INDArray dxHat = slopes.isEmpty() ? forQuantizer(dx) : null;
    TensorForm form =
        quantizers.readerOfInputGradient() == TensorReader.OF_ANY_FORM
            ? backwardForms(kernel).input()
            : TensorForm.PLAIN;
    kernel.backwardFrom(quantizedX, quantizedWeights, dy, new LinearGradients(dxHat, form, dw, db));
    if (slopes.isPresent()) {
      double sum = weightsTimesGradient(kernel, slopes.get(), dy, dw.shape());
      quantizers.backpropInputStep(x, sum, gradients);
    } else {
      quantizers.backpropInput(x, new FormedTensor(dxHat, form), gradients);
    }
    quantizers.backpropWeights(weights, dw, gradients);
    clear();
  }

  /** The input's quantizer asks for dL/dx if nobody else does. */
  private INDArray forQuantizer(INDArray dxOrNull) {
    return dxOrNull == null && quantizers.quantizedInput()
        ? memory.allocate(x.dataType(), x.shape())
        : dxOrNull;
  }

  /** The sum of W dL/dW for another input. */
  private double weightsTimesGradient(
      LinearKernel kernel, INDArray input, FormedTensor dy, long... shape) {
    INDArray gradient = memory.allocate(input.dataType(), shape);
    kernel.backwardFrom(
        Operand.plain(input), quantizedWeights, dy, new LinearGradients(null, gradient, null));
    double[] factors = quantizedWeights.values().dup('c').data().asDouble();
    double[] terms = gradient.data().asDouble();
    double sum = 0;
    for (int i = 0; i < terms.length; i++) {
      sum += factors[i] * terms[i];
    }
    return sum;
  }

  /** Forgets the last forward pass; its arrays may be gone. */
  void clear() {
    x = null;
    weights = null;
    bias = null;
    quantizedX = null;
    quantizedWeights = null;
    y = null;
  }
}
