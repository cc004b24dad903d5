package org.lsq4j.training;

import org.lsq4j.quantizer.QuantizerRole;

/**
 * A quantizer that does not work.
 *
 * @param layer the layer's name
 * @param role weights or input
 * @param kind what is wrong
 * @param channels how many of its steps are concerned
 * @param ofChannels how many steps it has
 */
public record QuantizerFault(
    String layer, QuantizerRole role, Kind kind, int channels, int ofChannels) {

  /** What can be wrong with a quantizer. */
  public enum Kind {
    /** The step is the smallest that is allowed: it was driven towards 0. */
    STEP_AT_FLOOR,
    /** All values have the same code: nothing gets through. */
    DEAD,
    /**
     * Nearly all weights lie beyond the bounds, as the step has become too small for them. They get
     * no gradient, and where a batch norm follows neither does the step: scaling weights that are
     * all at their bounds changes nothing. The layer stays as it is.
     */
    CLIPPED
  }

  /** In words. */
  @Override
  public String toString() {
    String which = role == QuantizerRole.WEIGHT ? "weight" : "input";
    String where = ofChannels == 1 ? "" : " in " + channels + " of " + ofChannels + " channels";
    return switch (kind) {
      case STEP_AT_FLOOR -> "the step of the " + which + " quantizer is at its floor" + where;
      case DEAD -> "the " + which + " quantizer is dead: all its codes are equal" + where;
      case CLIPPED ->
          "the step of the weight quantizer has become so small"
              + where
              + " that over 90 % of the weights are clipped and get no gradient; a lower learning"
              + " rate or warmupEpochs prevents it";
    };
  }
}
