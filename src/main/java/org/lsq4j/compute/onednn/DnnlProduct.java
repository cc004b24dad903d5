package org.lsq4j.compute.onednn;

import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.TensorForm;
import org.lsq4j.compute.TensorForms;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Convolution by oneDNN, inside channels last or in blocks. Primitives and buffers are made once
 * for each input shape. Tensors lie in memory as their {@link ConvolutionShape} says, without gaps.
 */
final class DnnlProduct {

  private final Policies policies;
  private final Plans<Variant, ConvolutionPlan> plans = new Plans<>();

  DnnlProduct(Policies policies) {
    this.policies = policies;
  }

  /**
   * What decides on a plan.
   *
   * @param layout of its tensors, unless the algorithm has one of its own
   */
  private record Variant(ConvolutionShape shape, Layout layout) {}

  /** What y is made of; the bias is null for none. */
  record Terms(Operand x, Operand weights, INDArray bias) {}

  void forward(ConvolutionShape shape, Terms terms, FormedTensor y) {
    Operand x = terms.x;
    ConvolutionPlan plan = plan(shape, layout(x, y.form()));
    Operand weights = terms.weights;
    Pointer b = terms.bias == null ? null : DenseTensors.pointer(terms.bias);
    Pointer result = DenseTensors.pointer(y.array());
    if (isOfIntegers(x, weights)) {
      QuantizedOperand codes = (QuantizedOperand) x;
      plan.forward(codes, (QuantizedOperand) weights, b, result);
      if (codes.offset() != 0) {
        addOffset(shape, codes.offset(), weights, result);
      }
    } else {
      FloatPasses.ForwardPass pass =
          new FloatPasses.ForwardPass(DenseTensors.isInBlocks(x), !y.isPlain(), b != null);
      plan.values()
          .forward(pass, values(plan, x), DenseTensors.pointer(weights.values()), result, b);
    }
    keepAlive(terms, y);
  }

  private boolean isOfIntegers(Operand x, Operand weights) {
    return x instanceof QuantizedOperand codesX
        && weights instanceof QuantizedOperand codesW
        && policies.integer().allows(codesX, codesW, DnnlRuntime.get().instructionSet());
  }

  /** The forms, other than the plain one, that {@link #forward} reads and writes. */
  TensorForms forwardForms(ConvolutionShape shape, Operand x, Operand weights) {
    // A product of codes without integers is no case to make loops on blocks for.
    return x instanceof QuantizedOperand ? TensorForms.PLAIN : forms(shape);
  }

  /** Blocks wherever there can be any. */
  private static TensorForms forms(ConvolutionShape shape) {
    boolean isTaken = ConvolutionPlan.takesBlocks(shape);
    return new TensorForms(
        blocks(isTaken && BlockTiles.fits(shape.input())),
        blocks(isTaken && BlockTiles.fits(shape.output())));
  }

  /**
   * Codes are in no blocks, nor are their gradients: only who wants dL/dy so anyway gets it. It is
   * made of plain tensors, so that it may have any number of pixels.
   */
  private TensorForms formsOfCodes(ConvolutionShape shape) {
    boolean isWinograd = ConvolutionPlan.takesBlocks(shape) && policies.winograd().allows(shape);
    boolean isWritten = shape.outChannels() % TensorTiles.LEAST_WIDTH == 0;
    return new TensorForms(TensorForm.PLAIN, blocks(isWinograd && isWritten));
  }

  private static TensorForm blocks(boolean areTaken) {
    return areTaken ? TensorForm.CHANNEL_BLOCKS : TensorForm.PLAIN;
  }

  /**
   * Adds what the offset z of all inputs comes to: the convolution of an image that is z
   * everywhere, the same for all examples. Padded zeros are zeros and not z, so borders differ from
   * the middle.
   */
  private void addOffset(ConvolutionShape shape, float offset, Operand weights, Pointer y) {
    ConvolutionPlan single = plan(shape.ofOneExample());
    FloatPointer image = Scratch.floats(Scratch.Use.OFFSET_IMAGE, single.inputLength());
    for (long i = 0; i < single.inputLength(); i++) {
      image.put(i, offset);
    }
    FloatPointer plane = Scratch.floats(Scratch.Use.OFFSET_PLANE, single.outputLength());
    single
        .values()
        .forward(
            FloatPasses.ForwardPass.PLAIN,
            image,
            DenseTensors.pointer(weights.values()),
            plane,
            null);
    plan(shape).addToAll(plane, y);
  }

  void backward(
      ConvolutionShape shape,
      Operand x,
      Operand weights,
      FormedTensor dy,
      LinearGradients gradients) {
    Optional<CodeGradients> onCodes = codeGradients(shape, x, weights, gradients.bias());
    if (onCodes.isPresent()) {
      Pointer upstream = DenseTensors.pointer(dy.array());
      if (dy.isPlain()) {
        onCodes.get().upstream(upstream, step(weights));
      } else {
        onCodes.get().roundedUpstream(upstream, step(weights));
      }
      backwardOnCodes(onCodes.get(), x, weights, gradients);
    } else {
      ConvolutionPlan plan = plan(shape, layout(x, dy.form(), gradients.inputForm()));
      Pointer upstream = DenseTensors.pointer(dy.array());
      if (dy.isPlain()) {
        plan.values().upstream(upstream);
      } else {
        plan.values().blockedUpstream(upstream);
      }
      backwardOnValues(plan, x, weights, gradients);
    }
    keepAlive(x, weights, dy);
  }

  /** The forms, other than the plain one, that {@link #backward} reads and writes. */
  TensorForms backwardForms(ConvolutionShape shape, Operand x, Operand weights, INDArray bias) {
    return codeGradients(shape, x, weights, bias)
        .map(onCodes -> new TensorForm(TensorForm.Encoding.BFLOAT16, step(weights)))
        .map(rounded -> new TensorForms(TensorForm.PLAIN, rounded))
        .orElseGet(() -> x instanceof QuantizedOperand ? formsOfCodes(shape) : forms(shape));
  }

  private Optional<CodeGradients> codeGradients(
      ConvolutionShape shape, Operand x, Operand weights, INDArray biasOrNull) {
    if (x instanceof QuantizedOperand codesX
        && weights instanceof QuantizedOperand codesW
        && policies.gradients().allows(codesX, codesW)
        && GradientPolicy.isFaster(shape, policies.winograd())) {
      boolean bias = biasOrNull != null;
      return Optional.of(plan(shape).codeGradients(new CodeGradients.Kind(codesX.isSigned(), bias)))
          .filter(CodeGradients::isFast);
    }
    return Optional.empty();
  }

  private static float step(Operand weights) {
    return ((QuantizedOperand) weights).steps()[0];
  }

  private static void backwardOnCodes(
      CodeGradients operation, Operand x, Operand weights, LinearGradients gradients) {
    operation.backwardWeights(
        (QuantizedOperand) x, floats(gradients.weights()), floats(gradients.bias()));
    if (gradients.input() != null) {
      operation.backwardData((QuantizedOperand) weights, DenseTensors.pointer(gradients.input()));
    }
  }

  /** Until here a copy that only its address was taken of must not be collected. */
  private static void keepAlive(Object... tensors) {
    Reference.reachabilityFence(tensors);
  }

  private static FloatPointer floats(INDArray array) {
    return array == null ? null : new FloatPointer(DenseTensors.pointer(array));
  }

  private static void backwardOnValues(
      ConvolutionPlan plan, Operand x, Operand weights, LinearGradients gradients) {
    if (gradients.weights() != null) {
      Pointer dw = DenseTensors.pointer(gradients.weights());
      Pointer db = gradients.bias() == null ? null : DenseTensors.pointer(gradients.bias());
      if (x instanceof QuantizedOperand codes && codes.isOnlyCodes()) {
        plan.backwardWeights(codes, dw, db);
      } else if (DenseTensors.isInBlocks(x)) {
        plan.values().backwardWeightsOfArranged(values(plan, x), dw, db);
      } else {
        plan.values().backwardWeights(values(plan, x), dw, db);
      }
    }
    if (gradients.input() != null) {
      Pointer w = DenseTensors.pointer(weights.values());
      Pointer dx = DenseTensors.pointer(gradients.input());
      if (gradients.inputForm().isPlain()) {
        plan.values().backwardData(w, dx);
      } else {
        plan.values().backwardDataInBlocks(w, dx);
      }
    }
  }

  private static Pointer values(ConvolutionPlan plan, Operand x) {
    if (x instanceof QuantizedOperand codes) {
      FloatPointer values = Scratch.floats(Scratch.Use.VALUES, plan.inputLength());
      codes.writeValues(values);
      return values;
    }
    return DenseTensors.pointer(
        DenseTensors.isInBlocks(x) ? ((FormedTensor) x).array() : x.values());
  }

  /** In blocks if any tensor is: those of the others are copied then. */
  private static Layout layout(Operand x, TensorForm... ofOthers) {
    boolean isBlocked =
        DenseTensors.isInBlocks(x) || Arrays.asList(ofOthers).contains(TensorForm.CHANNEL_BLOCKS);
    return isBlocked ? Layout.CHANNEL_BLOCKS : Layout.CHANNELS_LAST;
  }

  private ConvolutionPlan plan(ConvolutionShape shape) {
    return plan(shape, Layout.CHANNELS_LAST);
  }

  private ConvolutionPlan plan(ConvolutionShape shape, Layout asked) {
    Layout layout = policies.winograd().allows(shape) ? Layout.CHANNEL_BLOCKS : asked;
    return plans.get(
        new Variant(shape, layout), () -> new ConvolutionPlan(shape, policies.winograd(), layout));
  }
}
