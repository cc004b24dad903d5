package org.lsq4j.network;

import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;

/** Checks bit widths where they are given, so that the message says which one is wrong. */
final class BitWidths {

  private BitWidths() {}

  /**
   * Refuses a width that no quantizer can have.
   *
   * @param whose starts the message: {@code weight}, {@code input}
   * @throws IllegalArgumentException if there is no such width
   */
  static void require(String whose, int bits, CodeSign sign) {
    try {
      CodeRange.of(bits, sign, CodeSpan.FULL);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(whose + " " + e.getMessage(), e);
    }
  }
}
