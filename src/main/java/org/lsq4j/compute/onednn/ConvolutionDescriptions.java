package org.lsq4j.compute.onednn;

import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc;
import org.lsq4j.compute.dnnl.DnnlRuntime;

/**
 * A convolution.
 *
 * @param shape of the convolution
 * @param algorithm oneDNN's number
 */
record ConvolutionDescriptions(ConvolutionShape shape, int algorithm)
    implements ProductDescriptions {

  /** Direct sums of products. */
  static ConvolutionDescriptions direct(ConvolutionShape shape) {
    return new ConvolutionDescriptions(shape, dnnl.algorithm.convolution_direct.value);
  }

  /** Winograd's algorithm. */
  static ConvolutionDescriptions winograd(ConvolutionShape shape) {
    return new ConvolutionDescriptions(shape, dnnl.algorithm.convolution_winograd.value);
  }

  @Override
  public primitive_desc forward(Tensors tensors) {
    return training(tensors);
  }

  @Override
  public primitive_desc inference(Tensors tensors, primitive_attr attributes) {
    return forward(dnnl.prop_kind.forward_inference, tensors, attributes);
  }

  private convolution_forward.primitive_desc training(Tensors tensors) {
    return forward(dnnl.prop_kind.forward_training, tensors, DnnlRuntime.get().attributes());
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

  @Override
  public primitive_desc backwardData(Tensors tensors, Tensors forward) {
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
        training(forward));
  }

  @Override
  public primitive_desc backwardWeights(Tensors tensors, Tensors forward) {
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
        training(forward));
  }
}
