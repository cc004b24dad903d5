package org.lsq4j.compute.onednn;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.compute.dnnl.DnnlRuntime;

/** The passes of one convolution shape on values and on codes, made when first used. */
final class ConvolutionPlan {

  private final ConvolutionShape shape;
  private final FloatPasses values;
  private final Map<IntegerConvolution.Kind, IntegerConvolution> integer = new HashMap<>();
  private final Map<CodeGradients.Kind, CodeGradients> codeGradients = new HashMap<>();
  private final Map<memory.data_type, ScaledReorder> decoders =
      new EnumMap<>(memory.data_type.class);
  private Invocation addToAll;

  /**
   * A plan without primitives yet.
   *
   * @param layout of the primitives' tensors where these are not Winograd's
   */
  ConvolutionPlan(ConvolutionShape shape, WinogradPolicy policy, Layout layout) {
    this.shape = shape;
    values =
        policy.allowsNarrow(shape)
            ? new NarrowConvolution(shape)
            : new DnnlFloatPasses(shape, policy, layout);
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

  /** Elements of the input. */
  long inputLength() {
    return shape.inputLength();
  }

  /** Elements of the output. */
  long outputLength() {
    return shape.outputLength();
  }

  /** The passes on values. */
  FloatPasses values() {
    return values;
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

  /** dL/dW and dL/db of an input's codes, which have one step and no offset. */
  void backwardWeights(QuantizedOperand x, Pointer dw, Pointer db) {
    FloatPointer decoded = Scratch.floats(Scratch.Use.VALUES, inputLength());
    // In one pass to where the primitive wants them, which need not be the caller's layout.
    decoders.computeIfAbsent(x.codeType(), this::decoder).run(x.codes(), decoded, x.steps()[0]);
    values.backwardWeightsOfArranged(decoded, dw, db);
  }

  private ScaledReorder decoder(memory.data_type codeType) {
    return new ScaledReorder(shape.callersLayout(codeType, shape.input()), values.arrangedInput());
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
}
