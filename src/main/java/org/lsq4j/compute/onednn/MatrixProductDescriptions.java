package org.lsq4j.compute.onednn;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.inner_product_backward_data;
import org.bytedeco.dnnl.inner_product_backward_weights;
import org.bytedeco.dnnl.inner_product_forward;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc;
import org.lsq4j.compute.dnnl.DnnlRuntime;

/**
 * The matrix product, oneDNN's inner product. Its convolutions go through the examples one by one,
 * and so take three to nine times as long for a batch whose images have one pixel.
 */
record MatrixProductDescriptions() implements ProductDescriptions {

  @Override
  public primitive_desc forward(Tensors tensors) {
    return training(tensors);
  }

  @Override
  public primitive_desc inference(Tensors tensors, primitive_attr attributes) {
    return forward(dnnl.prop_kind.forward_inference, tensors, attributes);
  }

  private static inner_product_forward.primitive_desc training(Tensors tensors) {
    return forward(dnnl.prop_kind.forward_training, tensors, DnnlRuntime.get().attributes());
  }

  private static inner_product_forward.primitive_desc forward(
      dnnl.prop_kind kind, Tensors tensors, primitive_attr attributes) {
    return new inner_product_forward.primitive_desc(
        new inner_product_forward.desc(
            kind.value, tensors.input(), tensors.weights(), tensors.bias(), tensors.output()),
        attributes,
        DnnlRuntime.get().cpu());
  }

  @Override
  public primitive_desc backwardData(Tensors tensors, Tensors forward) {
    return new inner_product_backward_data.primitive_desc(
        new inner_product_backward_data.desc(tensors.input(), tensors.weights(), tensors.output()),
        DnnlRuntime.get().attributes(),
        DnnlRuntime.get().cpu(),
        training(forward));
  }

  @Override
  public primitive_desc backwardWeights(Tensors tensors, Tensors forward) {
    return new inner_product_backward_weights.primitive_desc(
        new inner_product_backward_weights.desc(
            tensors.input(), tensors.weights(), tensors.bias(), tensors.output()),
        DnnlRuntime.get().attributes(),
        DnnlRuntime.get().cpu(),
        training(forward));
  }
}
