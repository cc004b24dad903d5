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
 * products, on tensors in blocks of channels; all others directly, channels last.
 */
final class ConvolutionPlan {

  private static final memory.data_type F32 = memory.data_type.f32;

  private final ConvolutionShape shape;
  private final ProductDescriptions descriptions;
  private final memory.desc image;
  private final memory.desc result;
  private final memory.desc bias;
  private final Port upstream;
  private final boolean winograd;
  private final Map<IntegerConvolution.Kind, IntegerConvolution> integer = new HashMap<>();
  private final Map<CodeGradients.Kind, CodeGradients> codeGradients = new HashMap<>();
  private final Map<WeightsPass, Invocation> backwardWeights = new HashMap<>();
  private final Map<memory.data_type, ScaledReorder> decoders =
      new EnumMap<>(memory.data_type.class);
  private Invocation forward;
  private Invocation forwardWithBias;
  private Invocation backwardData;
  private Invocation addToAll;

  /** What decides on a primitive for dL/dW. */
  private record WeightsPass(boolean decodedInput, boolean bias) {}

  ConvolutionPlan(ConvolutionShape shape, WinogradPolicy policy) {
    this.shape = shape;
    winograd = policy.allows(shape);
    descriptions =
        winograd ? ConvolutionDescriptions.winograd(shape) : ProductDescriptions.direct(shape);
    image = layout(shape.input());
    result = layout(shape.output());
    bias = Descriptors.dense(shape.outChannels());
    upstream = new Port(callersOutput(), result, Scratch.Use.UPSTREAM, 0);
  }

  private memory.desc layout(long[] sizes) {
    return winograd ? Descriptors.channelBlocks(sizes) : shape.channelsLast(F32, sizes);
  }

  /** Elements of the input. */
  long inputLength() {
    return shape.inputLength();
  }

  /** Elements of the output. */
  long outputLength() {
    return shape.outputLength();
  }

  void forward(Pointer x, Pointer weights, Pointer b, Pointer y) {
    if (b == null) {
      forward = forward == null ? forward(ProductDescriptions.NO_BIAS) : forward;
      forward.run(x, weights, y);
    } else {
      forwardWithBias = forwardWithBias == null ? forward(bias) : forwardWithBias;
      forwardWithBias.run(x, weights, y, b);
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

  /** Whether it computes on blocks of channels, and {@link #blockedUpstream} saves a pass. */
  boolean readsBlocks() {
    return winograd && shape.geometry().format() == CNN2DFormat.NHWC;
  }

  /** Takes a dL/dy in blocks of channels likewise. */
  void blockedUpstream(Pointer dy) {
    upstream.bindInside(dy);
  }

  void backwardData(Pointer weights, Pointer dx) {
    backwardData = backwardData == null ? backwardData() : backwardData;
    backwardData.run(weights, dx);
  }

  void backwardWeights(Pointer x, Pointer dw, Pointer db) {
    run(new WeightsPass(false, db != null), x, dw, db);
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

  private Invocation forward(memory.desc biasOrNone) {
    primitive_desc chosen = descriptions.forward(tensors(biasOrNone));
    Invocation operation =
        new Invocation(chosen)
            .input(dnnl.DNNL_ARG_SRC, callersInput(), chosen.src_desc())
            .input(dnnl.DNNL_ARG_WEIGHTS, callersWeights(), chosen.weights_desc())
            .output(dnnl.DNNL_ARG_DST, callersOutput(), chosen.dst_desc());
    return biasOrNone == ProductDescriptions.NO_BIAS
        ? operation
        : operation.tensor(dnnl.DNNL_ARG_BIAS, bias);
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

  private Invocation backwardData() {
    ProductDescriptions.Tensors tensors = tensors(ProductDescriptions.NO_BIAS);
    primitive_desc chosen = descriptions.backwardData(tensors, tensors);
    return new Invocation(chosen)
        .input(dnnl.DNNL_ARG_WEIGHTS, callersWeights(), chosen.weights_desc())
        .fixed(dnnl.DNNL_ARG_DIFF_DST, upstream.memory())
        .output(dnnl.DNNL_ARG_DIFF_SRC, callersInput(), chosen.diff_src_desc());
  }

  private Invocation backwardWeights(WeightsPass pass) {
    ProductDescriptions.Tensors tensors = tensors(pass.bias ? bias : ProductDescriptions.NO_BIAS);
    primitive_desc chosen = descriptions.backwardWeights(tensors, tensors);
    Invocation operation =
        new Invocation(chosen)
            .input(dnnl.DNNL_ARG_SRC, pass.decodedInput ? image : callersInput(), chosen.src_desc())
            .fixed(dnnl.DNNL_ARG_DIFF_DST, upstream.memory())
            .output(dnnl.DNNL_ARG_DIFF_WEIGHTS, callersWeights(), chosen.diff_weights_desc());
    return pass.bias ? operation.tensor(dnnl.DNNL_ARG_DIFF_BIAS, bias) : operation;
  }

  private memory.desc callersInput() {
    return shape.callersLayout(F32, shape.input());
  }

  private memory.desc callersOutput() {
    return shape.callersLayout(F32, shape.output());
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
