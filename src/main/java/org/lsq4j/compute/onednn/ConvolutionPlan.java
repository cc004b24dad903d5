package org.lsq4j.compute.onednn;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_desc;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.compute.dnnl.DnnlRuntime;

/**
 * The primitives of one convolution shape, made when first used. Float convolutions of stride 1
 * with enough channels are computed by Winograd's algorithm, which needs a fraction of the
 * products, on tensors in blocks of channels; all others directly, in the layout that most of their
 * tensors have.
 */
final class ConvolutionPlan {

  private static final memory.data_type F32 = memory.data_type.f32;

  private final ConvolutionShape shape;
  private final ProductDescriptions descriptions;
  private final memory.desc image;
  private final memory.desc result;
  private final memory.desc bias;
  private final Port upstream;
  private final boolean blocks;
  private final Map<IntegerConvolution.Kind, IntegerConvolution> integer = new HashMap<>();
  private final Map<CodeGradients.Kind, CodeGradients> codeGradients = new HashMap<>();
  private final Map<WeightsPass, Invocation> backwardWeights = new HashMap<>();
  private final Map<memory.data_type, ScaledReorder> decoders =
      new EnumMap<>(memory.data_type.class);
  private final Map<ForwardPass, Invocation> forward = new HashMap<>();
  private Invocation backwardData;
  private Invocation backwardDataInBlocks;
  private Invocation addToAll;

  /** What decides on a primitive for y, and on its tensors' layouts. */
  record ForwardPass(boolean blockedInput, boolean blockedOutput, boolean bias) {

    /** With both tensors as the caller has them, and no bias. */
    static final ForwardPass PLAIN = new ForwardPass(false, false, false);
  }

  /** What decides on a primitive for dL/dW; the input can have the primitive's layout already. */
  private record WeightsPass(boolean arrangedInput, boolean bias) {}

  /**
   * A plan without primitives yet.
   *
   * @param layout of the primitives' tensors where these are not Winograd's
   */
  ConvolutionPlan(ConvolutionShape shape, WinogradPolicy policy, Layout layout) {
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

  /**
   * Whether its primitives can have their tensors in blocks of channels, which takes them no
   * longer.
   */
  static boolean takesBlocks(ConvolutionShape shape) {
    return shape.geometry().format() == CNN2DFormat.NHWC
        && shape.geometry().groups() == 1
        && !shape.isMatrixProduct()
        && shape.inChannels() % NormLoops.LANES == 0
        && shape.outChannels() % NormLoops.LANES == 0
        && DnnlRuntime.get().instructionSet().contains("avx512");
  }

  private memory.desc layout(long[] sizes) {
    return blocks ? Descriptors.channelBlocks(sizes) : shape.channelsLast(F32, sizes);
  }

  /** Elements of the input. */
  long inputLength() {
    return shape.inputLength();
  }

  /** Elements of the output. */
  long outputLength() {
    return shape.outputLength();
  }

  /**
   * The forward pass on values.
   *
   * @param b null without bias
   */
  void forward(ForwardPass pass, Pointer x, Pointer weights, Pointer y, Pointer b) {
    Invocation operation = forward.computeIfAbsent(pass, this::forward);
    if (pass.bias) {
      operation.run(x, weights, y, b);
    } else {
      operation.run(x, weights, y);
    }
  }

  /** The forward pass on codes, without the input's offset. */
  void forward(QuantizedOperand x, QuantizedOperand weights, Pointer b, Pointer y) {
    integer
        .computeIfAbsent(
            IntegerConvolution.Kind.of(x, weights, b), kind -> new IntegerConvolution(shape, kind))
        .run(x, weights, b, y);
  }

  /** The backward pass of a product of codes. */
  CodeGradients codeGradients(CodeGradients.Kind kind) {
    return codeGradients.computeIfAbsent(kind, wanted -> new CodeGradients(shape, wanted));
  }

  /** Adds one example's output to those of all examples. */
  void addToAll(Pointer plane, Pointer y) {
    addToAll = addToAll == null ? addToAll() : addToAll;
    addToAll.run(y, plane, y);
  }

  /**
   * Takes dL/dy for the calls of {@link #backwardData} and {@link #backwardWeights} that follow.
   */
  void upstream(Pointer dy) {
    upstream.bind(dy);
    upstream.load();
  }

  /** Takes a dL/dy in blocks of channels likewise. */
  void blockedUpstream(Pointer dy) {
    upstream.bindInside(dy);
  }

  void backwardData(Pointer weights, Pointer dx) {
    backwardData = backwardData == null ? backwardData(callersInput()) : backwardData;
    backwardData.run(weights, dx);
  }

  /** The same with a dL/dx in blocks of channels. */
  void backwardDataInBlocks(Pointer weights, Pointer dx) {
    backwardDataInBlocks =
        backwardDataInBlocks == null ? backwardData(image) : backwardDataInBlocks;
    backwardDataInBlocks.run(weights, dx);
  }

  void backwardWeights(Pointer x, Pointer dw, Pointer db) {
    run(new WeightsPass(false, db != null), x, dw, db);
  }

  /** The same of an input in blocks of channels. */
  void backwardWeightsOfBlocks(Pointer x, Pointer dw, Pointer db) {
    run(new WeightsPass(true, db != null), x, dw, db);
  }

  /** The same of an input's codes, which have one step and no offset. */
  void backwardWeights(QuantizedOperand x, Pointer dw, Pointer db) {
    FloatPointer values = Scratch.floats(Scratch.Use.VALUES, inputLength());
    // In one pass to where the primitive wants them, which need not be the caller's layout.
    decoders.computeIfAbsent(x.codeType(), this::decoder).run(x.codes(), values, x.steps()[0]);
    run(new WeightsPass(true, db != null), values, dw, db);
  }

  private ScaledReorder decoder(memory.data_type codeType) {
    return new ScaledReorder(shape.callersLayout(codeType, shape.input()), image);
  }

  private void run(WeightsPass pass, Pointer x, Pointer dw, Pointer db) {
    Invocation operation = backwardWeights.computeIfAbsent(pass, this::backwardWeights);
    if (pass.bias) {
      operation.run(x, dw, db);
    } else {
      operation.run(x, dw);
    }
  }

  private Invocation forward(ForwardPass pass) {
    primitive_desc chosen =
        descriptions.forward(tensors(pass.bias ? bias : ProductDescriptions.NO_BIAS));
    Invocation operation =
        new Invocation(chosen)
            .input(dnnl.DNNL_ARG_SRC, pass.blockedInput ? image : callersInput(), chosen.src_desc())
            .input(dnnl.DNNL_ARG_WEIGHTS, callersWeights(), chosen.weights_desc())
            .output(
                dnnl.DNNL_ARG_DST,
                pass.blockedOutput ? result : callersOutput(),
                chosen.dst_desc());
    return pass.bias ? operation.tensor(dnnl.DNNL_ARG_BIAS, bias) : operation;
  }

  /**
   * One example is a row here, whatever its layout: with few channels oneDNN adds images to all
   * images of a batch in its reference code only, a hundred times slower.
   */
  private Invocation addToAll() {
    long examples = shape.output()[0];
    memory.desc all = Descriptors.dense(examples, outputLength() / examples);
    memory.desc one = Descriptors.dense(1, outputLength() / examples);
    return new Invocation(
            new binary(
                new binary.primitive_desc(
                    new binary.desc(dnnl.algorithm.binary_add.value, all, one, all),
                    DnnlRuntime.get().cpu())))
        .tensor(dnnl.DNNL_ARG_SRC_0, all)
        .tensor(dnnl.DNNL_ARG_SRC_1, one)
        .tensor(dnnl.DNNL_ARG_DST, all);
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
    ProductDescriptions.Tensors tensors = tensors(pass.bias ? bias : ProductDescriptions.NO_BIAS);
    primitive_desc chosen = descriptions.backwardWeights(tensors, tensors);
    Invocation operation =
        new Invocation(chosen)
            .input(
                dnnl.DNNL_ARG_SRC, pass.arrangedInput ? image : callersInput(), chosen.src_desc())
            .fixed(dnnl.DNNL_ARG_DIFF_DST, upstream.memory())
            .output(dnnl.DNNL_ARG_DIFF_WEIGHTS, callersWeights(), chosen.diff_weights_desc());
    return pass.bias ? operation.tensor(dnnl.DNNL_ARG_DIFF_BIAS, bias) : operation;
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
