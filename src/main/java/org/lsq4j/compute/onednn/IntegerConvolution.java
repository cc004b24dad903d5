package org.lsq4j.compute.onednn;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.compute.dnnl.DnnlRuntime;

/**
 * The forward pass of a convolution on integer codes: y = s_x s_W (sum of code products) + b, the
 * sums in 32-bit integers and therefore exact.
 */
final class IntegerConvolution {

  /** What decides on the primitive, besides the convolution's shape. */
  record Kind(boolean signedInput, int scales, boolean bias) {

    static Kind of(QuantizedOperand x, QuantizedOperand weights, Pointer bias) {
      return new Kind(x.isSigned(), weights.steps().length, bias != null);
    }
  }

  private final Invocation operation;
  private final FloatPointer scales;

  IntegerConvolution(ConvolutionShape shape, Kind kind) {
    memory.data_type inputType = kind.signedInput() ? memory.data_type.s8 : memory.data_type.u8;
    memory.desc perOutput = shape.perChannel(shape.outChannels());
    memory.desc scale = shape.perChannel(kind.scales());
    primitive_desc chosen =
        ProductDescriptions.direct(shape)
            .inference(tensors(shape, inputType), attributes(kind, scale, perOutput));
    scales = new FloatPointer(kind.scales());
    operation =
        new Invocation(chosen)
            .input(
                dnnl.DNNL_ARG_SRC, shape.callersLayout(inputType, shape.input()), chosen.src_desc())
            .input(
                dnnl.DNNL_ARG_WEIGHTS,
                Descriptors.dense(memory.data_type.s8, shape.weights()),
                chosen.weights_desc())
            .output(
                dnnl.DNNL_ARG_DST,
                shape.callersLayout(memory.data_type.f32, shape.output()),
                chosen.dst_desc())
            .fixed(Invocation.postOperand(0), new memory(scale, DnnlRuntime.get().cpu(), scales));
    if (kind.bias()) {
      operation.tensor(Invocation.postOperand(1), perOutput);
    }
  }

  private static ProductDescriptions.Tensors tensors(
      ConvolutionShape shape, memory.data_type inputType) {
    return new ProductDescriptions.Tensors(
        shape.channelsLast(inputType, shape.input()),
        Descriptors.any(memory.data_type.s8, shape.weights()),
        ProductDescriptions.NO_BIAS,
        shape.channelsLast(memory.data_type.f32, shape.output()));
  }

  /**
   * Scale and bias as operations on the finished sums: they change in every training step, and
   * oneDNN's own output scales must be known when the primitive is made.
   */
  private static primitive_attr attributes(Kind kind, memory.desc scale, memory.desc perOutput) {
    post_ops stage = new post_ops();
    stage.append_binary(dnnl.algorithm.binary_mul.value, scale);
    if (kind.bias()) {
      stage.append_binary(dnnl.algorithm.binary_add.value, perOutput);
    }
    primitive_attr attributes = DnnlRuntime.get().attributes();
    attributes.set_post_ops(stage);
    return attributes;
  }

  void run(QuantizedOperand input, QuantizedOperand weights, Pointer bias, Pointer output) {
    float inputStep = input.steps()[0];
    float[] weightSteps = weights.steps();
    for (int i = 0; i < weightSteps.length; i++) {
      scales.put(i, inputStep * weightSteps[i]);
    }
    if (bias == null) {
      operation.run(input.codes(), weights.codes(), output);
    } else {
      operation.run(input.codes(), weights.codes(), output, bias);
    }
  }
}
