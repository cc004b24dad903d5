package org.lsq4j.compute.onednn;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_desc;
import org.bytedeco.javacpp.Pointer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.compute.dnnl.Descriptors;

/**
 * oneDNN's primitives on values, made when first used. Float convolutions of stride 1 with enough
 * channels are computed by Winograd's algorithm, which needs a fraction of the products, on tensors
 * in blocks of channels; all others directly, in the layout that most of their tensors have.
 */
final class DnnlFloatPasses implements FloatPasses {

  private static final memory.data_type F32 = memory.data_type.f32;

  private final ConvolutionShape shape;
  private final ProductDescriptions descriptions;
  private final memory.desc image;
  private final memory.desc result;
  private final memory.desc bias;
  private final Port upstream;
  private final boolean blocks;
  private final Map<WeightsPass, Invocation> backwardWeights = new HashMap<>();
  private final Map<ForwardPass, Invocation> forward = new HashMap<>();
  private Invocation backwardData;
  private Invocation backwardDataInBlocks;

  /** What decides on a primitive for dL/dW; the input can have the primitive's layout already. */
  private record WeightsPass(boolean arrangedInput, boolean bias) {}

  /**
   * Without primitives yet.
   *
   * @param layout of the primitives' tensors where these are not Winograd's
   */
  DnnlFloatPasses(ConvolutionShape shape, WinogradPolicy policy, Layout layout) {
    this.shape = shape;
    boolean winograd = policy.allows(shape);
    blocks = winograd || layout == Layout.CHANNEL_BLOCKS;
    descriptions =
        winograd ? ConvolutionDescriptions.winograd(shape) : ProductDescriptions.direct(shape);
    image = layout(shape.input());
    result = layout(shape.output());
    bias = Descriptors.dense(shape.outChannels());
    upstream = new Port(callersOutput(), result, Scratch.Use.UPSTREAM, 0);
  }

  private memory.desc layout(long[] sizes) {
    return blocks ? Descriptors.channelBlocks(sizes) : shape.channelsLast(F32, sizes);
  }

  @Override
  public void forward(ForwardPass pass, Pointer x, Pointer weights, Pointer y, Pointer b) {
    Invocation operation = forward.computeIfAbsent(pass, this::forward);
    if (pass.bias()) {
      operation.run(x, weights, y, b);
    } else {
      operation.run(x, weights, y);
    }
  }

  @Override
  public void upstream(Pointer dy) {
    upstream.bind(dy);
    upstream.load();
  }

  @Override
  public void blockedUpstream(Pointer dy) {
    upstream.bindInside(dy);
  }

  @Override
  public void backwardData(Pointer weights, Pointer dx) {
    backwardData = backwardData == null ? backwardData(callersInput()) : backwardData;
    backwardData.run(weights, dx);
  }

  @Override
  public void backwardDataInBlocks(Pointer weights, Pointer dx) {
    backwardDataInBlocks =
        backwardDataInBlocks == null ? backwardData(image) : backwardDataInBlocks;
    backwardDataInBlocks.run(weights, dx);
  }

  @Override
  public void backwardWeights(Pointer x, Pointer dw, Pointer db) {
    run(new WeightsPass(false, db != null), x, dw, db);
  }

  @Override
  public void backwardWeightsOfArranged(Pointer x, Pointer dw, Pointer db) {
    run(new WeightsPass(true, db != null), x, dw, db);
  }

  @Override
  public memory.desc arrangedInput() {
    return image;
  }

  private void run(WeightsPass pass, Pointer x, Pointer dw, Pointer db) {
    Invocation operation = backwardWeights.computeIfAbsent(pass, this::backwardWeights);
    if (pass.bias()) {
      operation.run(x, dw, db);
    } else {
      operation.run(x, dw);
    }
  }

  private Invocation forward(ForwardPass pass) {
    primitive_desc chosen =
        descriptions.forward(tensors(pass.bias() ? bias : ProductDescriptions.NO_BIAS));
    Invocation operation =
        new Invocation(chosen)
            .input(
                dnnl.DNNL_ARG_SRC, pass.blockedInput() ? image : callersInput(), chosen.src_desc())
            .input(dnnl.DNNL_ARG_WEIGHTS, callersWeights(), chosen.weights_desc())
            .output(
                dnnl.DNNL_ARG_DST,
                pass.blockedOutput() ? result : callersOutput(),
                chosen.dst_desc());
    return pass.bias() ? operation.tensor(dnnl.DNNL_ARG_BIAS, bias) : operation;
  }

  private Invocation backwardData(memory.desc dx) {
    ProductDescriptions.Tensors tensors = tensors(ProductDescriptions.NO_BIAS);
    primitive_desc chosen = descriptions.backwardData(tensors, tensors);
    return new Invocation(chosen)
        .input(dnnl.DNNL_ARG_WEIGHTS, callersWeights(), chosen.weights_desc())
        .fixed(dnnl.DNNL_ARG_DIFF_DST, upstream.memory())
        .output(dnnl.DNNL_ARG_DIFF_SRC, dx, chosen.diff_src_desc());
  }

  private Invocation backwardWeights(WeightsPass pass) {
    ProductDescriptions.Tensors tensors = tensors(pass.bias() ? bias : ProductDescriptions.NO_BIAS);
    primitive_desc chosen = descriptions.backwardWeights(tensors, tensors);
    Invocation operation =
        new Invocation(chosen)
            .input(
                dnnl.DNNL_ARG_SRC, pass.arrangedInput ? image : callersInput(), chosen.src_desc())
            .fixed(dnnl.DNNL_ARG_DIFF_DST, upstream.memory())
            .output(dnnl.DNNL_ARG_DIFF_WEIGHTS, callersWeights(), chosen.diff_weights_desc());
    return pass.bias() ? operation.tensor(dnnl.DNNL_ARG_DIFF_BIAS, bias) : operation;
  }

  private memory.desc callersInput() {
    return callers(shape.input());
  }

  /** One block is stored as a tensor whose channels come last. */
  private memory.desc callers(long[] sizes) {
    boolean isOneBlock =
        blocks && sizes[1] == NormLoops.LANES && shape.geometry().format() == CNN2DFormat.NHWC;
    return isOneBlock ? Descriptors.channelBlocks(sizes) : shape.callersLayout(F32, sizes);
  }

  private memory.desc callersOutput() {
    return callers(shape.output());
  }

  private memory.desc callersWeights() {
    return Descriptors.dense(shape.weights());
  }

  private ProductDescriptions.Tensors tensors(memory.desc biasOrNone) {
    // Matrices as the caller has them: reordering them costs more than a better layout saves.
    memory.desc weights =
        shape.isMatrixProduct() ? callersWeights() : Descriptors.any(F32, shape.weights());
    return new ProductDescriptions.Tensors(image, weights, biasOrNone, result);
  }
}
