package org.lsq4j.compute.onednn;

import org.lsq4j.quantizer.CodeRange;

/**
 * The quantizer's equations on blocks of floats, written so that the JIT compiler turns them into
 * vector instructions: no branches, rounding by adding and subtracting 1.5 * 2^23 (which is half to
 * even), a mask that is arithmetic, sums in independent lanes.
 */
final class QuantizeLoops {

  private static final int LANES = 64;
  private static final float ROUND = 12582912f;
  private static final float HUGE = 1e38f;

  private final float lowest;
  private final float highest;

  QuantizeLoops(CodeRange range) {
    lowest = range.lowest();
    highest = range.highest();
  }

  /** Replaces {@code values} by xHat. */
  void forward(float[] values, int count, float step, float offset) {
    float n = lowest;
    float p = highest;
    for (int i = 0; i < count; i++) {
      float u = (values[i] - offset) / step;
      float code = (Math.min(Math.max(u, n), p) + ROUND) - ROUND;
      values[i] = code * step + offset;
    }
  }

  /** Replaces {@code values} by their codes, without offset. */
  void codes(float[] values, int count, float step) {
    float n = lowest;
    float p = highest;
    for (int i = 0; i < count; i++) {
      values[i] = (Math.min(Math.max(values[i] / step, n), p) + ROUND) - ROUND;
    }
  }

  /** Sums of the products of an upstream gradient with dxHat/ds and with dxHat/dz. */
  static final class Sums {
    private final float[] stepLanes = new float[LANES];
    private final float[] offsetLanes = new float[LANES];
    private double step;
    private double offset;

    double step() {
      return step;
    }

    double offset() {
      return offset;
    }

    private void collect() {
      for (int lane = 0; lane < LANES; lane++) {
        step += stepLanes[lane];
        offset += offsetLanes[lane];
        stepLanes[lane] = 0;
        offsetLanes[lane] = 0;
      }
    }
  }

  /**
   * Replaces the upstream gradient by dL/dx and adds to the sums.
   *
   * @param values x
   * @param upstream dL/dxHat; zero behind {@code count} up to the next multiple of the lanes
   */
  void backward(float[] values, float[] upstream, int count, float[] parameters, Sums sums) {
    for (int from = 0; from < count; from += LANES) {
      lanes(values, upstream, from, parameters, sums);
    }
    sums.collect();
  }

  private void lanes(float[] values, float[] upstream, int from, float[] parameters, Sums sums) {
    float n = lowest;
    float p = highest;
    float step = parameters[0];
    float offset = parameters[1];
    float[] stepLanes = sums.stepLanes;
    float[] offsetLanes = sums.offsetLanes;
    for (int lane = 0; lane < LANES; lane++) {
      float g = upstream[from + lane];
      float u = (values[from + lane] - offset) / step;
      float inside = Math.min(1f, Math.max(0f, (u - n) * (p - u) * HUGE));
      float code = (Math.min(Math.max(u, n), p) + ROUND) - ROUND;
      float passed = g * inside;
      stepLanes[lane] += g * (code - inside * u);
      offsetLanes[lane] += g - passed;
      upstream[from + lane] = passed;
    }
  }
}
