package org.lsq4j.compute.onednn;

import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.lsq4j.compute.dnnl.DnnlRuntime;

/**
 * What oneDNN is told of a convolution's passes. All work in scratch memory that they are given.
 *
 * @param shape of the convolution
 * @param algorithm oneDNN's number
 */
record ConvolutionDescriptions(ConvolutionShape shape, int algorithm) {

  /** oneDNN takes an empty description for none. */
  static final memory.desc NO_BIAS = new memory.desc();

  /**
   * The tensors of a pass; in the backward passes some of them are gradients.
   *
   * @param bias {@link #NO_BIAS} for none
   */
  record Tensors(memory.desc input, memory.desc weights, memory.desc bias, memory.desc output) {}

  /** Direct sums of products. */
  static ConvolutionDescriptions direct(ConvolutionShape shape) {
    return new ConvolutionDescriptions(shape, dnnl.algorithm.convolution_direct.value);
  }

  /** Winograd's algorithm. */
  static ConvolutionDescriptions winograd(ConvolutionShape shape) {
    return new ConvolutionDescriptions(shape, dnnl.algorithm.convolution_winograd.value);
  }

  /** The forward pass, which may have a backward pass. */
  convolution_forward.primitive_desc forward(Tensors tensors) {
    return forward(dnnl.prop_kind.forward_training, tensors, DnnlRuntime.get().attributes());
  }

  /** The forward pass alone, with what is done to its result. */
  convolution_forward.primitive_desc inference(Tensors tensors, primitive_attr attributes) {
    return forward(dnnl.prop_kind.forward_inference, tensors, attributes);
  }

  private convolution_forward.primitive_desc forward(
      dnnl.prop_kind kind, Tensors tensors, primitive_attr attributes) {
    return new convolution_forward.primitive_desc(
        new convolution_forward.desc(
            kind.value,
            algorithm,
            tensors.input(),
            tensors.weights(),
            tensors.bias(),
            tensors.output(),
            shape.strides(),
            shape.dilations(),
            shape.paddingBefore(),
            shape.paddingBehind()),
        attributes,
        DnnlRuntime.get().cpu());
  }

  /**
   * dL/dx.
   *
   * @param hint the forward pass, which oneDNN wants to know; it need not be run
   */
  convolution_backward_data.primitive_desc backwardData(
      Tensors tensors, convolution_forward.primitive_desc hint) {
    return new convolution_backward_data.primitive_desc(
        new convolution_backward_data.desc(
            algorithm,
            tensors.input(),
            tensors.weights(),
            tensors.output(),
            shape.strides(),
            shape.dilations(),
            shape.paddingBefore(),
            shape.paddingBehind()),
        DnnlRuntime.get().attributes(),
        DnnlRuntime.get().cpu(),
        hint);
  }

  /**
   * dL/dW and dL/db.
   *
   * @param hint likewise
   */
  convolution_backward_weights.primitive_desc backwardWeights(
      Tensors tensors, convolution_forward.primitive_desc hint) {
    return new convolution_backward_weights.primitive_desc(
        new convolution_backward_weights.desc(
            algorithm,
            tensors.input(),
            tensors.weights(),
            tensors.bias(),
            tensors.output(),
            shape.strides(),
            shape.dilations(),
            shape.paddingBefore(),
            shape.paddingBehind()),
        DnnlRuntime.get().attributes(),
        DnnlRuntime.get().cpu(),
        hint);
  }
}
