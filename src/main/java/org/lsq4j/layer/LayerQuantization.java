package org.lsq4j.layer;

import java.util.List;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * The quantizers of one layer and how their parameters are trained. Immutable.
 *
 * @param weights quantizer of the weights, or null to leave them float
 * @param inputs quantizer of the input activations, or null to leave them float; per tensor
 * @param stepUpdater updater of step sizes and offsets, or null for the layer's own; {@link NoOp}
 *     keeps them fixed
 * @param stepWeightDecay L2 coefficient on step sizes and offsets; 0 by default, as decay pulls
 *     steps to zero
 * @param stepRate learning rate of step sizes and offsets as a multiple of the weights', for those
 *     who choose the updater: {@code Trainer} makes {@code stepUpdater} by it; null for the rate of
 *     all other layers
 */
public record LayerQuantization(
    QuantizerSpec weights,
    QuantizerSpec inputs,
    IUpdater stepUpdater,
    double stepWeightDecay,
    Double stepRate) {

  /** Both quantizers off: the layer trains in float. */
  public static final LayerQuantization FLOAT = new LayerQuantization(null, null, null, 0, null);

  /** Refuses per-channel inputs and negative decay. */
  public LayerQuantization {
    if (inputs != null && inputs.granularity() == Granularity.PER_CHANNEL) {
      throw new IllegalArgumentException(
          "granularity: inputs cannot have a step for each channel, because a product sums over"
              + " channels; use PER_TENSOR");
    }
    if (!(stepWeightDecay >= 0)) {
      throw new IllegalArgumentException(
          "stepWeightDecay: must be 0 or more, got " + stepWeightDecay);
    }
  }

  /** Quantizers trained with the layer's updater, without weight decay. */
  public static LayerQuantization of(QuantizerSpec weights, QuantizerSpec inputs) {
    return new LayerQuantization(weights, inputs, null, 0, null);
  }

  /** The same quantizers with an updater of their own for s and z. */
  public LayerQuantization withStepUpdater(IUpdater updater) {
    return new LayerQuantization(weights, inputs, updater, stepWeightDecay, stepRate);
  }

  /** The same quantizers with weight decay on s and z. */
  public LayerQuantization withStepWeightDecay(double decay) {
    return new LayerQuantization(weights, inputs, stepUpdater, decay, stepRate);
  }

  /** The same quantizers with a learning rate of their own, or null for that of other layers. */
  public LayerQuantization withStepRate(Double rate) {
    return new LayerQuantization(weights, inputs, stepUpdater, stepWeightDecay, rate);
  }

  /** The specification of a role, or null if that quantizer is off. */
  public QuantizerSpec spec(QuantizerRole role) {
    return role == QuantizerRole.WEIGHT ? weights : inputs;
  }

  /** The updater of step sizes and offsets. */
  IUpdater updaterOr(IUpdater layerUpdater) {
    return stepUpdater == null ? layerUpdater : stepUpdater;
  }

  /**
   * Whether steps and offsets are not trained. DL4J's {@link NoOp} alone would not do: it subtracts
   * the gradient as it is, a learning rate of 1.
   */
  public boolean fixesSteps() {
    return stepUpdater instanceof NoOp;
  }

  /** The regularization of step sizes and offsets. */
  List<Regularization> regularization() {
    return stepWeightDecay == 0 || fixesSteps()
        ? List.of()
        : List.of(new L2Regularization(stepWeightDecay));
  }
}
