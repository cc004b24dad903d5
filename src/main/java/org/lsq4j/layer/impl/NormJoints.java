package org.lsq4j.layer.impl;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.lsq4j.compute.BatchNormGradients;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.JoinedNormKernel;
import org.lsq4j.compute.JoinedNormKernel.Normalized;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.SumUpstream;
import org.lsq4j.compute.TensorForm;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a batch norm is joined with: behind it a convolution or a sum, before it a convolution.
 * Joined layers compute in training what they would compute apart, without writing what only they
 * would read, and hand on tensors in the form that takes least time; see {@link JoinedNormKernel}.
 */
final class NormJoints {

  private final Supplier<String> name;
  private QuantizedConvolution2DLayer convolutionBehind;
  private FastAddVertexImpl sumBehind;
  private boolean isAwaited;
  private QuantizedConvolution2DLayer convolutionBefore;
  private Pass pass;

  /** The last forward pass, if it was a joined one. */
  private static final class Pass {
    private final JoinedNormKernel kernel;
    private final Normalized input;
    private final FormedTensor y;
    private Stage stage;
    private FormedTensor gradient;

    Pass(JoinedNormKernel kernel, Normalized input, FormedTensor y, Stage stage) {
      this.kernel = kernel;
      this.input = input;
      this.y = y;
      this.stage = stage;
    }
  }

  private enum Stage {
    /** The convolution behind has its codes. */
    QUANTIZED,
    /** The convolution behind has its input, in the form of this layer's input. */
    ARRANGED,
    /** The sum behind has the result as one of its terms. */
    HANDED,
    /** The sum behind has to add this layer's result itself. */
    AWAITED,
    /** It has done that. */
    ADDED
  }

  /**
   * Joins nothing yet.
   *
   * @param name of the batch norm, for messages
   */
  NormJoints(Supplier<String> name) {
    this.name = name;
  }

  void joinBehind(QuantizedConvolution2DLayer behind) {
    convolutionBehind = behind;
  }

  /** Joins a sum that adds this layer's values itself. */
  void joinSum(FastAddVertexImpl behind) {
    sumBehind = behind;
    isAwaited = true;
  }

  /** Joins a sum that adds this layer's result, in whatever form that is, to other values. */
  void joinOtherSum(FastAddVertexImpl behind) {
    sumBehind = behind;
    isAwaited = false;
  }

  /**
   * Joins the convolution before.
   *
   * @param takesAnyForm whether its result, not written yet, is read in any form
   */
  void joinBefore(QuantizedConvolution2DLayer before, Predicate<INDArray> takesAnyForm) {
    convolutionBefore = before;
    before.setReader(takesAnyForm);
  }

  /** Every layer works alone again. */
  void separate() {
    forget();
    convolutionBehind = null;
    sumBehind = null;
    if (convolutionBefore != null) {
      convolutionBefore.forgetReader();
    }
    convolutionBefore = null;
  }

  /** Forgets the last forward pass. */
  void forget() {
    pass = null;
    if (convolutionBehind != null) {
      convolutionBehind.quantizers().forgetDelivery();
    }
  }

  /** What comes in, in the form in which the layer before has written it. */
  FormedTensor input(INDArray x) {
    return convolutionBefore == null ? FormedTensor.plain(x) : convolutionBefore.result(x);
  }

  /**
   * Does the forward pass in training, if there is a joint for it.
   *
   * @param kernel of the engine
   * @param input whose statistics are computed
   * @param rectifier of the batch norm
   * @param y the array that stands for the result; undefined for all but the layer behind
   * @return whether it was done
   */
  boolean forward(JoinedNormKernel kernel, Normalized input, Rectifier rectifier, INDArray y) {
    if (!canJoin(kernel, input.x().array(), rectifier)) {
      return false;
    }
    Stage stage = stage(rectifier).orElseThrow();
    kernel.statistics(input);
    // Loops are fastest on tensors of one form.
    FormedTensor result = new FormedTensor(y, input.x().form());
    switch (stage) {
      case QUANTIZED -> deliver(y, kernel.quantize(input, joinableQuantizer().orElseThrow()));
      case ARRANGED -> {
        kernel.rectify(input, rectifier, result);
        deliver(y, result);
      }
      case HANDED -> kernel.rectify(input, rectifier, result);
      default -> {
        // The sum does the rest.
      }
    }
    pass = new Pass(kernel, input, result, stage);
    return true;
  }

  /** The result of a joined forward pass, in the form that it has; null after any other. */
  FormedTensor result() {
    return pass == null ? null : pass.y;
  }

  private void deliver(INDArray y, Operand result) {
    convolutionBehind.quantizers().deliverInput(y, result, TensorReader.ofGradient(result));
  }

  /** Whether {@link #forward} will find a joint for an input of this shape and type. */
  private boolean canJoin(JoinedNormKernel kernel, INDArray x, Rectifier rectifier) {
    return kernel.fits(x) && stage(rectifier).isPresent();
  }

  /**
   * Whether the layer before may give its result, of this shape and type, any form: codes are made
   * of plain tensors only.
   */
  boolean takesAnyForm(JoinedNormKernel kernel, INDArray x, Rectifier rectifier) {
    return canJoin(kernel, x, rectifier)
        && switch (stage(rectifier).orElseThrow()) {
          case ARRANGED -> !convolutionBehind.preferredInputForm(x).isPlain();
          case AWAITED, HANDED -> !sumBehind.makesCodes();
          default -> false;
        };
  }

  /** What there is to do in this pass; empty if the layers compute apart. */
  private Optional<Stage> stage(Rectifier rectifier) {
    if (sumBehind != null) {
      return Optional.of(isAwaited ? Stage.AWAITED : Stage.HANDED);
    }
    if (convolutionBehind == null) {
      return Optional.empty();
    }
    if (convolutionBehind.quantizers().takesInputAsItIs()) {
      return Optional.of(Stage.ARRANGED);
    }
    // A quantizer that does the rectifier's work as well.
    return joinableQuantizer()
        .filter(each -> rectifier == Rectifier.NONE || each.spec().range().lowest() == 0)
        .map(each -> Stage.QUANTIZED);
  }

  private Optional<QuantizerTensors> joinableQuantizer() {
    return convolutionBehind.quantizers().joinableInput();
  }

  /** Whether an array stands for a result that the sum behind has to add itself. */
  boolean isAwaited(INDArray term) {
    return pass != null && pass.stage == Stage.AWAITED && pass.y.array() == term;
  }

  /** The form of what the awaited result is made of. */
  TensorForm formOfInput() {
    return pass.input.x().form();
  }

  /** Whether the awaited result can be added to a tensor. */
  boolean canAddTo(INDArray other) {
    return pass.kernel.fits(other) && pass.y.array().equalShapes(other);
  }

  /**
   * Adds the awaited result to another tensor for the sum behind.
   *
   * @param sum what that computes
   * @param quantizers of the layers that read the sum
   * @return what they make of it
   */
  List<Operand> add(JoinedNormKernel.Sum sum, List<QuantizerTensors> quantizers) {
    List<Operand> quantized = pass.kernel.add(pass.input, sum, quantizers);
    pass.stage = Stage.ADDED;
    return quantized;
  }

  /** Whether {@link #add} computed the last result. */
  boolean isAdded() {
    return pass != null && pass.stage == Stage.ADDED;
  }

  /** Writes the gradient of both terms of the sum behind, and those of its readers' quantizers. */
  void backpropSum(FormedTensor result, SumUpstream upstream, FormedTensor gradient) {
    List<FormedTensor> dense = upstream.plain().stream().map(this::dense).toList();
    pass.kernel.backpropSum(
        pass.input, result, new SumUpstream(dense, upstream.quantized()), gradient);
    pass.gradient = gradient;
  }

  private FormedTensor dense(FormedTensor gradient) {
    boolean isDense = !gradient.isPlain() || pass.kernel.fits(gradient.array());
    return isDense ? gradient : FormedTensor.plain(gradient.array().dup('c'));
  }

  /**
   * Does the backward pass of a joined forward pass.
   *
   * @return whether it was done
   */
  boolean backward(INDArray epsilon, BatchNormGradients gradients) {
    if (pass == null) {
      return false;
    }
    if (pass.stage == Stage.QUANTIZED || pass.stage == Stage.ARRANGED) {
      backpropDelivered(convolutionBehind.quantizers().postponed());
      convolutionBehind.quantizers().settleDelivered();
    }
    if (pass.stage == Stage.HANDED) {
      pass.gradient = dense(sumBehind.handedBack(epsilon));
      pass.kernel.backpropRectifier(pass.input, pass.gradient);
    } else if (pass.gradient == null || pass.gradient.array() != epsilon) {
      throw new IllegalStateException(
          "Layer "
              + name.get()
              + ": what is joined with this batch norm made another gradient than the one that"
              + " arrived; start Java with -Dlsq4j.joints=never");
    }
    TensorForm form =
        convolutionBefore == null ? TensorForm.PLAIN : convolutionBefore.preferredForm();
    pass.kernel.backward(pass.input, pass.gradient, form, gradients);
    if (convolutionBefore != null) {
      convolutionBefore.announce(new FormedTensor(gradients.input(), form));
    }
    pass = null;
    return true;
  }

  private void backpropDelivered(QuantizerSlot.Postponed postponed) {
    pass.gradient = postponed.upstream();
    if (pass.stage == Stage.QUANTIZED) {
      pass.kernel.backpropQuantizer(pass.input, pass.gradient, postponed.gradients());
    } else {
      pass.kernel.backpropRectifier(pass.input, pass.gradient);
    }
  }
}
