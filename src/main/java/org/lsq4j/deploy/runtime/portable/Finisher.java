package org.lsq4j.deploy.runtime.portable;

import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.runtime.Operand;
import org.lsq4j.deploy.runtime.Step;
import org.lsq4j.deploy.runtime.Step.Rectifier;

/** Rectifies and quantizes results and stores them. */
abstract class Finisher {

  /** Adding and subtracting 1.5 * 2^23 rounds half to even. */
  private static final float ROUND = 12582912f;

  /** Stores results; overwrites {@code values}. */
  abstract void store(float[] values, int count, Memory memory, int at);

  /** The finisher of a step. */
  static Finisher of(Step step) {
    float floor = step.finish().rectifier() == Rectifier.RELU ? 0 : Float.NEGATIVE_INFINITY;
    return step.finish()
        .quantizer()
        .<Finisher>map(quantizer -> new Codes(floor, quantizer, step.output()))
        .orElseGet(() -> new Reals(floor, step.output()));
  }

  /** The finisher of a quantizer alone. */
  static Finisher of(Quantizer quantizer, Operand output) {
    return new Codes(Float.NEGATIVE_INFINITY, quantizer, output);
  }

  private static final class Reals extends Finisher {
    private final float floor;
    private final Operand output;

    Reals(float floor, Operand output) {
      this.floor = floor;
      this.output = output;
    }

    @Override
    void store(float[] values, int count, Memory memory, int at) {
      float[] target = memory.reals(output);
      for (int i = 0; i < count; i++) {
        target[at + i] = Math.max(values[i], floor);
      }
    }
  }

  private static final class Codes extends Finisher {
    private final float floor;
    private final float factor;
    private final float offset;
    private final float lowest;
    private final float highest;
    private final Operand output;

    Codes(float floor, Quantizer quantizer, Operand output) {
      this.floor = floor;
      factor = quantizer.inverseStep();
      offset = quantizer.offset().steps();
      lowest = quantizer.range().lowest();
      highest = quantizer.range().highest();
      this.output = output;
    }

    @Override
    void store(float[] values, int count, Memory memory, int at) {
      for (int i = 0; i < count; i++) {
        float u = Math.max(values[i], floor) * factor - offset;
        values[i] = Math.min(Math.max(u, lowest), highest) + ROUND - ROUND;
      }
      int[] target = memory.codes(output);
      for (int i = 0; i < count; i++) {
        target[at + i] = (int) values[i];
      }
    }
  }
}
