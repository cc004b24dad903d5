package org.lsq4j.layer.impl;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.lsq4j.compute.BatchNormGradients;
import org.lsq4j.compute.GradientForm;
import org.lsq4j.compute.JoinedNormKernel;
import org.lsq4j.compute.JoinedNormKernel.Normalized;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.SumUpstream;
import org.lsq4j.compute.Upstream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a batch norm is joined with: behind it the input quantizer of a convolution or a sum, before
 * it a convolution. Joined layers compute in training what they would compute apart, without
 * writing what only they would read; see {@link JoinedNormKernel}.
 */
final class NormJoints {

  private final Supplier<String> name;
  private LayerQuantizers quantizersBehind;
  private boolean sumBehind;
  private QuantizedConvolution2DLayer convolutionBefore;
  private Pass pass;

  /** The last forward pass, if it was a joined one. */
  private static final class Pass {
    private final JoinedNormKernel kernel;
    private final Normalized input;
    private final INDArray y;
    private Stage stage;
    private INDArray gradient;

    Pass(JoinedNormKernel kernel, Normalized input, INDArray y, Stage stage) {
      this.kernel = kernel;
      this.input = input;
      this.y = y;
      this.stage = stage;
    }
  }

  private enum Stage {
    /** The convolution behind has its codes. */
    QUANTIZED,
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

  void joinQuantizers(LayerQuantizers behind) {
    quantizersBehind = behind;
  }

  void joinSum() {
    sumBehind = true;
  }

  void joinConvolution(QuantizedConvolution2DLayer before) {
    convolutionBefore = before;
  }

  /** Every layer works alone again. */
  void separate() {
    forget();
    quantizersBehind = null;
    sumBehind = false;
    convolutionBefore = null;
  }

  /** Forgets the last forward pass. */
  void forget() {
    pass = null;
    if (quantizersBehind != null) {
      quantizersBehind.forgetDelivery();
    }
  }

  /**
   * Does the forward pass in training, if there is a joint for it.
   *
   * @param kernel of the engine
   * @param input whose statistics are computed
   * @param rectifier of the batch norm
   * @param y the array that stands for the result, which is not written
   * @return whether it was done
   */
  boolean forward(JoinedNormKernel kernel, Normalized input, Rectifier rectifier, INDArray y) {
    if (!kernel.fits(input.x())) {
      return false;
    }
    Optional<QuantizerTensors> quantizer = quantizerBehind(rectifier);
    if (!sumBehind && quantizer.isEmpty()) {
      return false;
    }
    kernel.statistics(input);
    if (quantizer.isPresent()) {
      quantizersBehind.deliverInput(y, kernel.quantize(input, quantizer.get()));
    }
    pass = new Pass(kernel, input, y, sumBehind ? Stage.AWAITED : Stage.QUANTIZED);
    return true;
  }

  /** The quantizer behind, if it does the rectifier's work as well. */
  private Optional<QuantizerTensors> quantizerBehind(Rectifier rectifier) {
    return Optional.ofNullable(quantizersBehind)
        .flatMap(LayerQuantizers::joinableInput)
        .filter(each -> rectifier == Rectifier.NONE || each.spec().range().lowest() == 0);
  }

  /** Whether an array stands for a result that the sum behind has to add itself. */
  boolean isAwaited(INDArray term) {
    return pass != null && pass.stage == Stage.AWAITED && pass.y == term;
  }

  /** Whether the awaited result can be added to a tensor. */
  boolean canAddTo(INDArray other) {
    return pass.kernel.fits(other) && pass.y.equalShapes(other);
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
  void backpropSum(INDArray result, SumUpstream upstream, INDArray gradient) {
    List<INDArray> dense =
        upstream.plain().stream()
            .map(each -> pass.kernel.fits(each) ? each : each.dup('c'))
            .toList();
    pass.kernel.backpropSum(
        pass.input, result, new SumUpstream(dense, upstream.quantized()), gradient);
    pass.gradient = gradient;
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
    if (pass.stage == Stage.QUANTIZED) {
      backpropQuantizer(quantizersBehind.postponed());
      quantizersBehind.settleDelivered();
    }
    if (pass.gradient != epsilon) {
      throw new IllegalStateException(
          "Layer "
              + name.get()
              + ": what is joined with this batch norm made another gradient than the one that"
              + " arrived; start Java with -Dlsq4j.joints=never");
    }
    GradientForm form =
        convolutionBefore == null ? GradientForm.PLAIN : convolutionBefore.preferredForm();
    pass.kernel.backward(pass.input, epsilon, form, gradients);
    if (convolutionBefore != null) {
      convolutionBefore.announce(new Upstream(gradients.input(), form));
    }
    pass = null;
    return true;
  }

  private void backpropQuantizer(QuantizerSlot.Postponed postponed) {
    pass.kernel.backpropQuantizer(pass.input, postponed.upstream(), postponed.gradients());
    pass.gradient = postponed.upstream();
  }
}
