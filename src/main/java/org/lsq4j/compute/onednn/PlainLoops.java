package org.lsq4j.compute.onednn;

import org.lsq4j.quantizer.CodeRange;

/**
 * The quantizer's equations in loops that the JIT compiler turns into vector instructions by
 * itself: no branches, a mask that is arithmetic, and loops so short that the compiler takes them.
 */
final class PlainLoops extends QuantizeLoops {

  private static final float HUGE = 1e38f;

  PlainLoops(CodeRange range) {
    super(range);
  }

  @Override
  void forward(float[] values, int count, float step, float offset) {
    forward(values, 0, count, step, offset);
  }

  void forward(float[] values, int from, int to, float step, float offset) {
    codes(values, from, to, step, offset);
    for (int i = from; i < to; i++) {
      values[i] = values[i] * step + offset;
    }
  }

  @Override
  void codes(float[] values, int count, float step, float offset) {
    codes(values, 0, count, step, offset);
  }

  void codes(float[] values, int from, int to, float step, float offset) {
    float n = lowest;
    float p = highest;
    for (int i = from; i < to; i++) {
      float u = (values[i] - offset) / step;
      values[i] = (Math.min(Math.max(u, n), p) + ROUND) - ROUND;
    }
  }

  @Override
  void backward(float[] values, float[] upstream, int count, float[] parameters, Sums sums) {
    backward(values, upstream, 0, count, parameters, sums);
  }

  /**
   * Replaces values by dxHat/ds, without an offset.
   *
   * @param values x, of which the first {@code count} count
   */
  void slopes(float[] values, int count, float step) {
    float[] slope = slopes(values, 0, count, new float[] {step, 0});
    System.arraycopy(slope, 0, values, 0, count);
  }

  /**
   * dxHat/ds.
   *
   * @param values x, replaced by 1 where n < u < p, else 0
   * @param parameters s and z
   */
  private float[] slopes(float[] values, int from, int to, float[] parameters) {
    float step = parameters[0];
    float offset = parameters[1];
    float[] u = Blocks.scratch(2);
    float[] slope = Blocks.scratch(3);
    for (int i = from; i < to; i++) {
      u[i] = (values[i] - offset) / step;
    }
    System.arraycopy(values, from, slope, from, to - from);
    codes(slope, from, to, step, offset);
    float[] inside = inside(values, u, from, to);
    for (int i = from; i < to; i++) {
      slope[i] -= inside[i] * u[i];
    }
    return slope;
  }

  void backward(float[] values, float[] upstream, int from, int to, float[] parameters, Sums sums) {
    float[] slope = slopes(values, from, to, parameters);
    float[] inside = values;
    float[] u = Blocks.scratch(2);
    for (int i = from; i < to; i++) {
      slope[i] *= upstream[i];
    }
    for (int i = from; i < to; i++) {
      u[i] = upstream[i] * inside[i];
    }
    for (int i = from; i < to; i++) {
      inside[i] = upstream[i] - u[i];
    }
    System.arraycopy(u, from, upstream, from, to - from);
    sums.add(Blocks.sum(slope, from, to), Blocks.sum(inside, from, to));
  }

  /** Replaces values by 1 where n < u < p, else 0. */
  private float[] inside(float[] values, float[] u, int from, int to) {
    float n = lowest;
    float p = highest;
    for (int i = from; i < to; i++) {
      values[i] = Math.min(1f, Math.max(0f, (u[i] - n) * (p - u[i]) * HUGE));
    }
    return values;
  }
}
