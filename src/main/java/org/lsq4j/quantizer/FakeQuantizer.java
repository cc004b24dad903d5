package org.lsq4j.quantizer;

import java.util.Arrays;

/**
 * The equations of LSQ and LSQ+ on plain arrays, in double precision. Slow and obvious: the oracle
 * that every compute engine is tested against.
 *
 * <pre>
 *   u    = (x - z) / s
 *   code = round(clip(u, n, p))                (1)  round half to even
 *   xHat = code * s + z                        (2)
 *
 *               u &lt;= n    n &lt; u &lt; p     u &gt;= p
 *   dxHat/dx      0           1           0         straight-through estimator
 *   dxHat/ds      n      round(u) - u     p
 *   dxHat/dz      1           0           1
 * </pre>
 *
 * <p>The masks look at u before rounding. With an {@linkplain OffsetMode#INTEGER integer offset} z
 * is replaced by Z s, Z = round(z / s), in all of these; passing the gradient straight through that
 * rounding adds (Z - z / s) dL/dz to dL/ds.
 */
public final class FakeQuantizer {

  private final CodeRange range;
  private final OffsetMode offsetMode;
  private final ChannelLayout layout;
  private final double[] step;
  private final double[] offset;

  /**
   * A quantizer with given parameters.
   *
   * @param spec code range and offset mode
   * @param layout which elements share a step
   * @param step s for each channel, positive and finite
   * @param offset z for each channel, finite; ignored without offset
   */
  public FakeQuantizer(QuantizerSpec spec, ChannelLayout layout, double[] step, double[] offset) {
    if (step.length != layout.channels() || offset.length != layout.channels()) {
      throw new IllegalArgumentException(
          "Quantizer needs one step and one offset for each of "
              + layout.channels()
              + " channels, got "
              + step.length
              + " and "
              + offset.length);
    }
    for (double s : step) {
      if (!(s > 0) || Double.isInfinite(s)) {
        throw new IllegalArgumentException("Step size must be positive and finite, got " + s);
      }
    }
    for (double z : offset) {
      if (spec.learnsOffset() && !Double.isFinite(z)) {
        throw new IllegalArgumentException("Offset must be finite, got " + z);
      }
    }
    this.range = spec.range();
    this.offsetMode = spec.offset();
    this.layout = layout;
    this.step = step.clone();
    this.offset = offset.clone();
  }

  /** Gradients of the loss: one value an element for x, one a channel for step and offset. */
  @SuppressWarnings("ArrayRecordComponent") // read once by the caller, never compared
  public record Gradients(double[] input, double[] step, double[] offset) {}

  /** Equation (1): the code of every element. */
  public int[] quantize(double[] x) {
    int[] codes = new int[x.length];
    for (int i = 0; i < x.length; i++) {
      codes[i] = (int) Math.rint(clip(position(x[i], layout.channel(i))));
    }
    return codes;
  }

  /** Equation (2): the real value of every code. */
  public double[] dequantize(int[] codes) {
    double[] values = new double[codes.length];
    for (int i = 0; i < codes.length; i++) {
      int channel = layout.channel(i);
      values[i] = codes[i] * step[channel] + effectiveOffset(channel);
    }
    return values;
  }

  /** Quantizes and dequantizes. */
  public double[] forward(double[] x) {
    return dequantize(quantize(x));
  }

  /**
   * Share of the elements that clipping changes, u &lt; n or u &gt; p: 0 to 1, and 0 for no
   * elements. Zeros after ReLU lie on the lower bound and do not count.
   */
  public double clipShare(double[] x) {
    return x.length == 0 ? 0 : (double) Arrays.stream(clipped(x)).sum() / x.length;
  }

  /** {@link #clipShare} of every channel on its own; x has as many elements of each. */
  public double[] clipShares(double[] x) {
    double elements = Math.max(1, x.length / step.length);
    return Arrays.stream(clipped(x)).mapToDouble(count -> count / elements).toArray();
  }

  private long[] clipped(double[] x) {
    long[] clipped = new long[step.length];
    for (int i = 0; i < x.length; i++) {
      int channel = layout.channel(i);
      double u = position(x[i], channel);
      if (clip(u) != u) {
        clipped[channel]++;
      }
    }
    return clipped;
  }

  /**
   * Which elements lie in the overload region: those whose nearest code is outside the range, so
   * that clipping changes their code. Between the bounds and this region, u in (p, p + 1/2) for
   * instance, {@link #clipShare} counts an element as clipped although its code stays.
   */
  public boolean[] overloads(double[] x) {
    boolean[] overloads = new boolean[x.length];
    for (int i = 0; i < x.length; i++) {
      double nearest = Math.rint(position(x[i], layout.channel(i)));
      overloads[i] = nearest < range.lowest() || nearest > range.highest();
    }
    return overloads;
  }

  /**
   * Gradients for an upstream gradient dL/dxHat.
   *
   * @param gradientScale g, multiplied into the gradients of step and offset
   */
  public Gradients backward(double[] x, double[] upstream, double gradientScale) {
    double[] dx = new double[x.length];
    double[] ds = new double[step.length];
    double[] dz = new double[step.length];
    for (int i = 0; i < x.length; i++) {
      int channel = layout.channel(i);
      double u = position(x[i], channel);
      ds[channel] += upstream[i] * stepDerivative(u);
      if (inside(u)) {
        dx[i] = upstream[i];
      } else {
        dz[channel] += upstream[i];
      }
    }
    for (int channel = 0; channel < step.length; channel++) {
      ds[channel] += dz[channel] * offsetRounding(channel);
      ds[channel] *= gradientScale;
      dz[channel] *= gradientScale;
    }
    if (offsetMode == OffsetMode.NONE) {
      Arrays.fill(dz, 0);
    }
    return new Gradients(dx, ds, dz);
  }

  private double position(double x, int channel) {
    return (x - effectiveOffset(channel)) / step[channel];
  }

  private double clip(double u) {
    return Math.min(Math.max(u, range.lowest()), range.highest());
  }

  private boolean inside(double u) {
    return u > range.lowest() && u < range.highest();
  }

  private double stepDerivative(double u) {
    if (u <= range.lowest()) {
      return range.lowest();
    }
    return u >= range.highest() ? range.highest() : Math.rint(u) - u;
  }

  private double effectiveOffset(int channel) {
    return switch (offsetMode) {
      case NONE -> 0;
      case REAL -> offset[channel];
      case INTEGER -> Math.rint(offset[channel] / step[channel]) * step[channel];
    };
  }

  private double offsetRounding(int channel) {
    if (offsetMode != OffsetMode.INTEGER) {
      return 0;
    }
    double u = offset[channel] / step[channel];
    return Math.rint(u) - u;
  }
}
