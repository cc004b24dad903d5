package org.lsq4j.deploy.graph;

import java.util.Objects;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;

/**
 * From real numbers to codes, in float arithmetic, each operation rounded by itself:
 *
 * <pre>
 *   r    = 1 / s
 *   code = rint(clip(x * r - offset, n, p))      round half to even
 *   xHat = (code + offset) * s
 * </pre>
 *
 * @param bits 1 to 8
 * @param sign whether codes can be negative
 * @param span full or narrow range
 * @param step s, positive, neither it nor 1 / s below the smallest normal number
 * @param offset in units of the step
 */
public record Quantizer(int bits, CodeSign sign, CodeSpan span, float step, Offset offset) {

  /** Checks the parts. */
  public Quantizer {
    CodeRange.of(bits, sign, span);
    Objects.requireNonNull(offset, "offset");
    requireStep(step);
  }

  static void requireStep(float step) {
    boolean isUsable = step >= Float.MIN_NORMAL && 1 / step >= Float.MIN_NORMAL;
    if (!isUsable) {
      throw new IllegalArgumentException(
          "step size must be positive and between 1.2e-38 and 8.5e37, got " + step);
    }
  }

  /** The codes that can occur. */
  public CodeRange range() {
    return CodeRange.of(bits, sign, span);
  }

  /** Whether codes can be negative. */
  public boolean isSigned() {
    return sign == CodeSign.SIGNED;
  }

  /** r, the factor before rounding. */
  public float inverseStep() {
    return 1 / step;
  }

  /** The code of a number that is not NaN. */
  public int encode(float x) {
    float u = x * inverseStep() - offset.steps();
    return (int) Math.rint(Math.min(Math.max(u, range().lowest()), range().highest()));
  }

  /** The number that a code stands for. */
  public float decode(int code) {
    return (code + offset.steps()) * step;
  }
}
