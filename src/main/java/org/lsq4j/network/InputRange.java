package org.lsq4j.network;

/**
 * What values can reach a layer.
 *
 * @param values what kind
 * @param origin where they come from
 * @param reason why, in a few words
 */
public record InputRange(InputValues values, Origin origin, String reason) {

  /** Where values come from, through whatever keeps their sign. */
  public enum Origin {
    /** From the network's input. */
    NETWORK_INPUT,
    /** From a layer or vertex. */
    INSIDE
  }

  static InputRange networkInput(InputValues values) {
    return new InputRange(values, Origin.NETWORK_INPUT, "network input");
  }

  static InputRange signed(String reason) {
    return new InputRange(InputValues.SIGNED, Origin.INSIDE, reason);
  }

  static InputRange unsigned(String reason) {
    return new InputRange(InputValues.UNSIGNED, Origin.INSIDE, reason);
  }

  static InputRange skewed(String reason) {
    return new InputRange(InputValues.SKEWED, Origin.INSIDE, reason);
  }
}
