package org.lsq4j.compute.onednn;

import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc;

/**
 * What oneDNN is told of the passes of a bilinear operation. All work in scratch memory that they
 * are given.
 */
interface ProductDescriptions {

  /** oneDNN takes an empty description for none. */
  memory.desc NO_BIAS = new memory.desc();

  /**
   * The tensors of a pass; in the backward passes some of them are gradients.
   *
   * @param bias {@link #NO_BIAS} for none
   */
  record Tensors(memory.desc input, memory.desc weights, memory.desc bias, memory.desc output) {}

  /** Direct sums of products. */
  static ProductDescriptions direct(ConvolutionShape shape) {
    return shape.isMatrixProduct()
        ? new MatrixProductDescriptions()
        : ConvolutionDescriptions.direct(shape);
  }

  /** The forward pass, which may have a backward pass. */
  primitive_desc forward(Tensors tensors);

  /** The forward pass alone, with what is done to its result. */
  primitive_desc inference(Tensors tensors, primitive_attr attributes);

  /**
   * dL/dx.
   *
   * @param forward tensors of the forward pass, which oneDNN wants to know; it need not be run
   */
  primitive_desc backwardData(Tensors tensors, Tensors forward);

  /**
   * dL/dW and dL/db.
   *
   * @param forward likewise
   */
  primitive_desc backwardWeights(Tensors tensors, Tensors forward);
}
