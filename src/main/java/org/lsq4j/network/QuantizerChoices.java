package org.lsq4j.network;

import org.lsq4j.quantizer.GradientScale;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.InitializerKind;
import org.lsq4j.quantizer.OffsetMode;

/**
 * What one can choose about a layer's quantizers beside bits: for a whole network, or for some of
 * its layers. Immutable. Parts are null where nothing was chosen. Start from {@link #NONE}.
 *
 * @param weightGranularity one step for a layer's weights, or one for each output channel
 * @param weightOffset learned offset of weights
 * @param inputOffset learned offset of inputs
 * @param inputCodes signed or unsigned codes of inputs
 * @param initializer of both quantizers; if nothing is chosen, by bits and offset
 * @param gradientScale of steps and offsets
 * @param stepRate learning rate of steps and offsets as a multiple of the weights', 0 or more; if
 *     nothing is chosen, the training's
 */
public record QuantizerChoices(
    Granularity weightGranularity,
    OffsetMode weightOffset,
    OffsetChoice inputOffset,
    CodesChoice inputCodes,
    InitializerKind initializer,
    GradientScale gradientScale,
    Double stepRate) {

  /** Nothing chosen. */
  public static final QuantizerChoices NONE =
      new QuantizerChoices(null, null, null, null, null, null, null);

  /** LSQ, and LSQ+ for the inputs that gain by it. */
  static final QuantizerChoices DEFAULTS =
      NONE.withWeightGranularity(Granularity.PER_TENSOR)
          .withWeightOffset(OffsetMode.NONE)
          .withInputOffset(OffsetChoice.AUTO)
          .withInputCodes(CodesChoice.AUTO)
          .withGradientScale(GradientScale.PER_SAMPLE);

  /** Checks the rate. */
  public QuantizerChoices {
    if (stepRate != null && (!(stepRate >= 0) || stepRate.isInfinite())) {
      throw new IllegalArgumentException("stepRate: must be 0 or more, got " + stepRate);
    }
  }

  /** These choices, and where there is none, others. */
  QuantizerChoices orElse(QuantizerChoices others) {
    return new QuantizerChoices(
        first(weightGranularity, others.weightGranularity),
        first(weightOffset, others.weightOffset),
        first(inputOffset, others.inputOffset),
        first(inputCodes, others.inputCodes),
        first(initializer, others.initializer),
        first(gradientScale, others.gradientScale),
        first(stepRate, others.stepRate));
  }

  private static <T> T first(T preferred, T other) {
    return preferred == null ? other : preferred;
  }

  /** With another granularity of weights. */
  public QuantizerChoices withWeightGranularity(Granularity chosen) {
    return new QuantizerChoices(
        chosen, weightOffset, inputOffset, inputCodes, initializer, gradientScale, stepRate);
  }

  /** With another offset of weights. */
  public QuantizerChoices withWeightOffset(OffsetMode chosen) {
    return new QuantizerChoices(
        weightGranularity, chosen, inputOffset, inputCodes, initializer, gradientScale, stepRate);
  }

  /** With another offset of inputs. */
  public QuantizerChoices withInputOffset(OffsetChoice chosen) {
    return new QuantizerChoices(
        weightGranularity, weightOffset, chosen, inputCodes, initializer, gradientScale, stepRate);
  }

  /** With other codes of inputs. */
  public QuantizerChoices withInputCodes(CodesChoice chosen) {
    return new QuantizerChoices(
        weightGranularity, weightOffset, inputOffset, chosen, initializer, gradientScale, stepRate);
  }

  /** With another initializer. */
  public QuantizerChoices withInitializer(InitializerKind chosen) {
    return new QuantizerChoices(
        weightGranularity, weightOffset, inputOffset, inputCodes, chosen, gradientScale, stepRate);
  }

  /** With another gradient scale. */
  public QuantizerChoices withGradientScale(GradientScale chosen) {
    return new QuantizerChoices(
        weightGranularity, weightOffset, inputOffset, inputCodes, initializer, chosen, stepRate);
  }

  /** With another learning rate of steps. */
  public QuantizerChoices withStepRate(double chosen) {
    return new QuantizerChoices(
        weightGranularity,
        weightOffset,
        inputOffset,
        inputCodes,
        initializer,
        gradientScale,
        chosen);
  }
}
