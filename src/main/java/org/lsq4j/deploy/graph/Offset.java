package org.lsq4j.deploy.graph;

import java.util.Objects;
import org.lsq4j.quantizer.OffsetMode;

/**
 * The offset of a quantizer in units of its step: xHat = (code + offset) * s.
 *
 * @param mode none, an integer of 16 bits, or any real number
 * @param steps the offset; 0 for none
 */
public record Offset(OffsetMode mode, float steps) {

  /** No offset. */
  public static final Offset NONE = new Offset(OffsetMode.NONE, 0);

  /** Checks that the number suits the mode. */
  public Offset {
    Objects.requireNonNull(mode, "mode");
    boolean suits =
        switch (mode) {
          case NONE -> steps == 0;
          case INTEGER -> steps == (short) steps;
          case REAL -> Float.isFinite(steps);
        };
    if (!suits) {
      throw new IllegalArgumentException(
          "offset "
              + steps
              + " is not possible: without offset it is 0, an integer one lies in -32768..32767,"
              + " a real one is finite");
    }
  }

  /** An integer offset, the zero point of LSQ4J's deployment form. */
  public static Offset integer(int steps) {
    return new Offset(OffsetMode.INTEGER, steps);
  }

  /** An offset that is no whole number of steps. */
  public static Offset real(float steps) {
    return new Offset(OffsetMode.REAL, steps);
  }
}
