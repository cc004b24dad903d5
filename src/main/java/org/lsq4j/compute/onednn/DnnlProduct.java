package org.lsq4j.compute.onednn;

import java.lang.ref.Reference;
import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.GradientForm;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.Upstream;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Convolution by oneDNN, channels last inside. Primitives and buffers are made once for each input
 * shape. Tensors lie in memory as their {@link ConvolutionShape} says, without gaps.
 */
final class DnnlProduct {

  private final Policies policies;
  private final Plans<ConvolutionShape, ConvolutionPlan> plans = new Plans<>();

  DnnlProduct(Policies policies) {
    this.policies = policies;
  }

  void forward(ConvolutionShape shape, Operand x, Operand weights, INDArray bias, INDArray y) {
    ConvolutionPlan plan = plan(shape);
    Pointer b = bias == null ? null : DenseTensors.pointer(bias);
    Pointer result = DenseTensors.pointer(y);
    if (x instanceof QuantizedOperand codesX
        && weights instanceof QuantizedOperand codesW
        && policies.integer().allows(codesX, codesW, DnnlRuntime.get().instructionSet())) {
      plan.forward(codesX, codesW, b, result);
      if (codesX.offset() != 0) {
        addOffset(shape, codesX.offset(), weights, result);
      }
    } else {
      plan.forward(values(plan, x), DenseTensors.pointer(weights.values()), b, result);
    }
    keepAlive(x, weights);
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
    single.forward(image, DenseTensors.pointer(weights.values()), null, plane);
    plan(shape).addToAll(plane, y);
  }

  void backward(
      ConvolutionShape shape, Operand x, Operand weights, Upstream dy, LinearGradients gradients) {
    Optional<CodeGradients> onCodes = codeGradients(shape, x, weights, gradients.bias());
    if (onCodes.isPresent()) {
      Pointer upstream = DenseTensors.pointer(dy.gradient());
      if (dy.isPlain()) {
        onCodes.get().upstream(upstream, step(weights));
      } else {
        onCodes.get().roundedUpstream(upstream, step(weights));
      }
      backwardOnCodes(onCodes.get(), x, weights, gradients);
    } else {
      ConvolutionPlan plan = plan(shape);
      Pointer upstream = DenseTensors.pointer(dy.gradient());
      if (dy.isPlain()) {
        plan.upstream(upstream);
      } else {
        plan.blockedUpstream(upstream);
      }
      backwardOnValues(plan, x, weights, gradients);
    }
    keepAlive(x, weights, dy);
  }

  /** The form of dL/dy, other than the plain one, that {@link #backward} takes. */
  GradientForm preferredForm(ConvolutionShape shape, Operand x, Operand weights, INDArray bias) {
    return codeGradients(shape, x, weights, bias)
        .map(onCodes -> new GradientForm(GradientForm.Encoding.BFLOAT16, step(weights)))
        .orElseGet(
            () -> plan(shape).readsBlocks() ? GradientForm.CHANNEL_BLOCKS : GradientForm.PLAIN);
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
      } else {
        plan.backwardWeights(values(plan, x), dw, db);
      }
    }
    if (gradients.input() != null) {
      plan.backwardData(
          DenseTensors.pointer(weights.values()), DenseTensors.pointer(gradients.input()));
    }
  }

  private static Pointer values(ConvolutionPlan plan, Operand x) {
    if (x instanceof QuantizedOperand codes) {
      FloatPointer values = Scratch.floats(Scratch.Use.VALUES, plan.inputLength());
      codes.writeValues(values);
      return values;
    }
    return DenseTensors.pointer(x.values());
  }

  private ConvolutionPlan plan(ConvolutionShape shape) {
    return plans.get(shape, () -> new ConvolutionPlan(shape, policies.winograd()));
  }
}
