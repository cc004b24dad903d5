package org.lsq4j.compute.onednn;

import org.lsq4j.quantizer.CodeRange;

/**
 * The quantizer's equations on blocks of floats. There are two ways to compute them: with Java's
 * vector module where the process was started with it, and with plain loops.
 */
abstract class QuantizeLoops {

  /** Adding and subtracting 1.5 * 2^23 rounds half to even. */
  static final float ROUND = 12582912f;

  final float lowest;
  final float highest;

  QuantizeLoops(CodeRange range) {
    lowest = range.lowest();
    highest = range.highest();
  }

  /** The fastest loops of this process. */
  static QuantizeLoops of(CodeRange range) {
    return switch (VectorModule.SUPPORT) {
      case BUFFERS -> new BufferLoops(range);
      case ARRAYS -> new VectorLoops(range);
      case NONE -> new PlainLoops(range);
    };
  }

  /** Whether Java's vector module is used. */
  static boolean usesVectors() {
    return VectorModule.SUPPORT != VectorModule.Support.NONE;
  }

  /** Replaces {@code values} by xHat. */
  abstract void forward(float[] values, int count, float step, float offset);

  /**
   * Replaces {@code values} by their codes round(clip((x - z) / s, n, p)).
   *
   * @param values x, of which the first {@code count} count
   */
  abstract void codes(float[] values, int count, float step, float offset);

  /**
   * Replaces the upstream gradient by dL/dx and adds to the sums.
   *
   * @param values x; undefined afterwards
   * @param upstream dL/dxHat
   * @param count how many of them count
   * @param parameters s and z
   */
  abstract void backward(
      float[] values, float[] upstream, int count, float[] parameters, Sums sums);

  /**
   * The same on tensors in memory, in place.
   *
   * @param values x
   * @param upstream dL/dxHat, overwritten with dL/dx
   * @param first element to start from
   * @param count elements, at most a block
   * @param parameters s and z
   */
  void backward(
      FloatMemory values,
      FloatMemory upstream,
      int first,
      int count,
      float[] parameters,
      Sums sums) {
    float[] x = Blocks.scratch(0);
    float[] g = Blocks.scratch(1);
    values.floats().get(first, x, 0, count);
    upstream.floats().get(first, g, 0, count);
    backward(x, g, count, parameters, sums);
    upstream.floats().put(first, g, 0, count);
  }

  /** Sums of the products of an upstream gradient with dxHat/ds and with dxHat/dz. */
  static final class Sums {
    private double step;
    private double offset;

    double step() {
      return step;
    }

    double offset() {
      return offset;
    }

    void add(double toStep, double toOffset) {
      step += toStep;
      offset += toOffset;
    }
  }
}
