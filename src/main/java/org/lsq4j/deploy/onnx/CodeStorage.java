package org.lsq4j.deploy.onnx;

import java.util.Optional;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.OffsetMode;

/**
 * How the codes of an activation quantizer are stored: q = code + shift, so that x = (q - zero
 * point) * s with zero point = shift - offset, which must be a number of the type.
 *
 * @param type of the stored codes and the zero point
 * @param lowest smallest q
 * @param highest largest q
 * @param zeroPoint the q of 0
 */
record CodeStorage(CodeType type, int lowest, int highest, int zeroPoint) {

  /**
   * The storage of a quantizer: always 8 bits. ONNX Runtime takes 4-bit activations, too, but
   * computes no integer products with them, and its optimiser (1.28) drops a Relu in front of
   * signed ones.
   *
   * @return empty if the offset is no integer or too large for 8 bits
   */
  static Optional<CodeStorage> of(Quantizer quantizer) {
    return quantizer.offset().mode() == OffsetMode.REAL
        ? Optional.empty()
        : in(quantizer.isSigned() ? CodeType.INT8 : CodeType.UINT8, quantizer);
  }

  private static Optional<CodeStorage> in(CodeType type, Quantizer quantizer) {
    CodeRange range = quantizer.range();
    int offset = (int) quantizer.offset().steps();
    int smallest = Math.max(type.lowest() - range.lowest(), type.lowest() + offset);
    int largest = Math.min(type.highest() - range.highest(), type.highest() + offset);
    if (smallest > largest) {
      return Optional.empty();
    }
    int shift = Math.min(Math.max(0, smallest), largest);
    return Optional.of(
        new CodeStorage(type, range.lowest() + shift, range.highest() + shift, shift - offset));
  }

  /** Whether the type saturates where the quantizer clips. */
  boolean isWholeType() {
    return lowest == type.lowest() && highest == type.highest();
  }
}
