package org.lsq4j.network;

import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.OffsetMode;

/**
 * Which codes input quantizers have. With {@link OffsetChoice} it spells the four configurations of
 * LSQ+: 1 unsigned without offset, 2 signed without, 3 signed with, 4 unsigned with.
 */
public enum CodesChoice {
  /**
   * Those that can hold the values: signed if they can be negative. {@linkplain InputValues#SKEWED
   * Skewed} ones with an offset get unsigned codes (configuration 4): z then is the lower end of
   * the window, which the activation function fixes, and s moves the upper end alone.
   */
  AUTO,
  /** Signed. */
  SIGNED,
  /** Unsigned: without an offset what is negative becomes 0. */
  UNSIGNED;

  /** What a layer gets. */
  CodeSign signFor(InputValues values, OffsetMode offset) {
    return switch (this) {
      case SIGNED -> CodeSign.SIGNED;
      case UNSIGNED -> CodeSign.UNSIGNED;
      case AUTO ->
          values == InputValues.SKEWED && offset != OffsetMode.NONE
              ? CodeSign.UNSIGNED
              : values.sign();
    };
  }
}
