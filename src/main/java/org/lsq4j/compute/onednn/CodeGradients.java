package org.lsq4j.compute.onednn;

import java.nio.FloatBuffer;
import java.util.stream.Stream;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_desc;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.compute.dnnl.DnnlRuntime;

/**
 * The backward pass of a convolution of codes q_x with codes q_W. It takes g = s_W dL/dy, rounded
 * to bfloat16, and multiplies it by codes, which are exact in bfloat16:
 *
 * <pre>
 * dL/dx = g * q_W        dL/dW = s_x / s_W (g * q_x)        dL/db = 1 / s_W (sum of g)
 * </pre>
 *
 * with sums in float. The step of the weights goes into g because it then costs no pass over dL/dx.
 */
final class CodeGradients {

  private static final memory.data_type F32 = memory.data_type.f32;
  private static final memory.data_type BF16 = memory.data_type.bf16;

  /** What decides on the primitives, besides the convolution's shape. */
  record Kind(boolean signedInput, boolean bias) {}

  private final ConvolutionShape shape;
  private final Kind kind;
  private final primitive_desc dataDescription;
  private final primitive_desc weightsDescription;
  private final boolean fast;
  private final ScaledReorder toUpstream;
  private final memory upstream;
  private final long upstreamSize;
  private Invocation backwardData;
  private Invocation backwardWeights;
  private float weightStep;

  CodeGradients(ConvolutionShape shape, Kind kind) {
    this.shape = shape;
    this.kind = kind;
    ProductDescriptions descriptions = ProductDescriptions.direct(shape);
    ProductDescriptions.Tensors forward = tensors(BF16, BF16);
    dataDescription = descriptions.backwardData(tensors(F32, BF16), forward);
    weightsDescription = descriptions.backwardWeights(tensors(BF16, F32), forward);
    fast =
        Stream.of(dataDescription, weightsDescription)
            .map(description -> description.impl_info_str().getString())
            .allMatch(name -> name.startsWith("jit") || name.startsWith("brgemm"));
    memory.desc result = result();
    toUpstream = new ScaledReorder(shape.callersLayout(F32, shape.output()), result);
    upstream = new memory(result, DnnlRuntime.get().cpu(), new Pointer());
    upstreamSize = result.get_size();
  }

  /** Whether oneDNN has generated code for it, and not only its slow reference. */
  boolean isFast() {
    return fast;
  }

  /** Takes dL/dy for the calls that follow. */
  void upstream(Pointer dy, float newWeightStep) {
    Pointer rounded = Scratch.bytes(Scratch.Use.UPSTREAM, 0, upstreamSize);
    toUpstream.run(dy, rounded, newWeightStep);
    roundedUpstream(rounded, newWeightStep);
  }

  /** Takes g, that is dL/dy times the step, as bfloat16 numbers. */
  void roundedUpstream(Pointer g, float newWeightStep) {
    weightStep = newWeightStep;
    upstream.set_data_handle(g);
  }

  void backwardData(QuantizedOperand weights, Pointer dx) {
    backwardData = backwardData == null ? backwardData() : backwardData;
    backwardData.run(weights.codes(), dx);
  }

  /**
   * Computes dL/dW and, if there is a bias, dL/db.
   *
   * @param dw row major, as many as there are weights
   * @param db null without bias
   */
  void backwardWeights(QuantizedOperand x, FloatPointer dw, FloatPointer db) {
    backwardWeights = backwardWeights == null ? backwardWeights() : backwardWeights;
    if (db == null) {
      backwardWeights.run(x.codes(), dw);
    } else {
      backwardWeights.run(x.codes(), dw, db);
      multiply(db, shape.outChannels(), 1 / weightStep);
    }
    multiply(dw, shape.weightsLength(), x.steps()[0] / weightStep);
  }

  private static void multiply(FloatPointer values, long count, float factor) {
    FloatBuffer memory = FloatMemory.of(values, count).floats();
    float[] block = Blocks.scratch(0);
    for (int at = 0; at < count; at += Blocks.SIZE) {
      int length = (int) Math.min(Blocks.SIZE, count - at);
      memory.get(at, block, 0, length);
      for (int i = 0; i < length; i++) {
        block[i] *= factor;
      }
      memory.put(at, block, 0, length);
    }
  }

  private Invocation backwardData() {
    return new Invocation(dataDescription)
        .input(
            dnnl.DNNL_ARG_WEIGHTS,
            Descriptors.dense(memory.data_type.s8, shape.weights()),
            dataDescription.weights_desc())
        .fixed(dnnl.DNNL_ARG_DIFF_DST, upstream)
        .output(
            dnnl.DNNL_ARG_DIFF_SRC,
            shape.callersLayout(F32, shape.input()),
            dataDescription.diff_src_desc());
  }

  private Invocation backwardWeights() {
    Invocation operation =
        new Invocation(weightsDescription)
            .input(
                dnnl.DNNL_ARG_SRC,
                shape.callersLayout(codeType(), shape.input()),
                weightsDescription.src_desc())
            .fixed(dnnl.DNNL_ARG_DIFF_DST, upstream)
            .output(
                dnnl.DNNL_ARG_DIFF_WEIGHTS,
                Descriptors.dense(shape.weights()),
                weightsDescription.diff_weights_desc());
    return kind.bias() ? operation.tensor(dnnl.DNNL_ARG_DIFF_BIAS, bias()) : operation;
  }

  private memory.data_type codeType() {
    return kind.signedInput() ? memory.data_type.s8 : memory.data_type.u8;
  }

  private ProductDescriptions.Tensors tensors(memory.data_type image, memory.data_type weights) {
    return new ProductDescriptions.Tensors(
        shape.channelsLast(image, shape.input()),
        Descriptors.any(weights, shape.weights()),
        bias(),
        result());
  }

  private memory.desc result() {
    return shape.channelsLast(BF16, shape.output());
  }

  private memory.desc bias() {
    return kind.bias() ? Descriptors.dense(shape.outChannels()) : ProductDescriptions.NO_BIAS;
  }
}
