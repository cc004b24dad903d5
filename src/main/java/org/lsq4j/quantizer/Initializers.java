package org.lsq4j.quantizer;

import org.apache.commons.math3.stat.StatUtils;

/**
 * First step sizes and offsets, from data.
 *
 * <pre>
 *   LSQ               s = 2 mean|v| / sqrt(p)                                  z = 0
 *   LSQ+ weights      s = max(|mu - 3 sigma|, |mu + 3 sigma|) / 2^(b-1)        z = 0
 *   LSQ+ activations  (s, z) = argmin mean (xHat - x)^2, started from min-max;
 *                     z a whole number of steps where the offset is an integer
 *   min-max           s = (max - min) / (p - n)                                z = min - n s
 * </pre>
 *
 * <p>Min-max without offset takes the smallest step whose window [n s, p s] reaches both extremes
 * (unsigned: the largest value). LSQ and the LSQ+ weight formula leave z at 0 even where an offset
 * is learned, also when unsigned codes meet negative values: training then has to find the offset.
 * The LSQ+ weight formula assumes signed codes; unsigned weights are treated as activations. With
 * an {@linkplain OffsetMode#INTEGER integer offset} only the search for the least squared error
 * looks at what the forward pass will round z to; the others return any real number.
 *
 * <p><b>Degenerate data</b> (see {@link #isDegenerate}) gets s = max|v| / p, or 1 / p where all
 * values are 0, and with an offset z = v, so that a constant is represented exactly. No data gives
 * a step that is 0, NaN or infinite in single precision.
 */
public final class Initializers {

  private static final double PERCENT_LEFT_OUT = 0.1;

  private Initializers() {}

  /**
   * The first step and offset of one channel.
   *
   * @param sample the values calibration saw in this channel
   * @param spec the quantizer, {@link QuantizerSpec#initializer} among its properties
   * @param role weights or activations: LSQ+ treats them differently
   * @throws IllegalArgumentException if the sample is empty
   */
  public static StepAndOffset initialize(
      CalibrationSample sample, QuantizerSpec spec, QuantizerRole role) {
    StepAndOffset found =
        isDegenerate(sample, spec) ? fallback(sample, spec) : find(sample, spec, role);
    // The network holds steps as floats: one that underflows there would divide by zero.
    double step = Math.min(Math.max(found.step(), Float.MIN_NORMAL), Float.MAX_VALUE);
    return new StepAndOffset(step, found.offset());
  }

  /**
   * Whether the data cannot tell a step, so that {@link #initialize} falls back: all values are
   * equal (closer than the smallest normal float), or the codes are unsigned without offset and no
   * value is positive. Worth a warning: the layer before is probably dead.
   *
   * @throws IllegalArgumentException if the sample is empty
   */
  public static boolean isDegenerate(CalibrationSample sample, QuantizerSpec spec) {
    return isEmpty(sample.min(), sample.max(), spec);
  }

  private static StepAndOffset fallback(CalibrationSample sample, QuantizerSpec spec) {
    int highest = spec.range().highest();
    double step = sample.maxAbs() / highest;
    boolean underflows = step < Float.MIN_NORMAL;
    return new StepAndOffset(
        underflows ? 1.0 / highest : step, spec.learnsOffset() ? sample.max() : 0);
  }

  private static StepAndOffset find(
      CalibrationSample sample, QuantizerSpec spec, QuantizerRole role) {
    return switch (spec.initializer()) {
      case LSQ -> withoutOffset(2 * sample.meanAbs() / Math.sqrt(spec.range().highest()));
      case LSQ_PLUS ->
          role == QuantizerRole.WEIGHT && spec.sign() == CodeSign.SIGNED
              ? withoutOffset(lsqPlusWeightStep(sample, spec.bits()))
              : leastSquaredError(sample, spec);
      case MIN_MAX -> minMax(sample, spec);
      case PERCENTILE -> percentile(sample, spec);
      case MSE -> leastSquaredError(sample, spec);
      case KL -> kullbackLeibler(sample, spec);
    };
  }

  private static double lsqPlusWeightStep(CalibrationSample sample, int bits) {
    double spread = 3 * sample.standardDeviation();
    double low = Math.abs(sample.mean() - spread);
    double high = Math.abs(sample.mean() + spread);
    return Math.max(low, high) / (1 << (bits - 1));
  }

  private static StepAndOffset leastSquaredError(CalibrationSample sample, QuantizerSpec spec) {
    double[] values = sample.values();
    MseSearch search = new MseSearch(values, spec.range());
    // The extremes of the values kept: the search could not see what clipping any other costs.
    StepAndOffset start = cover(StatUtils.min(values), StatUtils.max(values), sample, spec);
    return switch (spec.offset()) {
      case NONE -> withoutOffset(search.step(start.step()));
      case REAL -> search.stepAndOffset(start, sample.mean());
      case INTEGER -> search.stepAndWholeOffset(search.stepAndOffset(start, sample.mean()));
    };
  }

  private static StepAndOffset percentile(CalibrationSample sample, QuantizerSpec spec) {
    double[] values = sample.values();
    double perSide = onlyUpperEnd(spec) ? PERCENT_LEFT_OUT : PERCENT_LEFT_OUT / 2;
    double low = StatUtils.percentile(values, perSide);
    double high = StatUtils.percentile(values, 100 - perSide);
    return cover(low, high, sample, spec);
  }

  private static StepAndOffset kullbackLeibler(CalibrationSample sample, QuantizerSpec spec) {
    double step = new KlSearch(sample.values(), spec.range()).step();
    return step > 0 ? withoutOffset(step) : minMax(sample, spec);
  }

  private static StepAndOffset minMax(CalibrationSample sample, QuantizerSpec spec) {
    return window(sample.min(), sample.max(), spec);
  }

  /**
   * As {@link #window}, but where nearly all values are equal, as zeros after a dying ReLU, only
   * the exact extremes can tell a step.
   */
  private static StepAndOffset cover(
      double low, double high, CalibrationSample sample, QuantizerSpec spec) {
    return isEmpty(low, high, spec) ? minMax(sample, spec) : window(low, high, spec);
  }

  private static boolean isEmpty(double low, double high, QuantizerSpec spec) {
    return high - low < Float.MIN_NORMAL || (onlyUpperEnd(spec) && high < Float.MIN_NORMAL);
  }

  /** The smallest window of codes that reaches from {@code low} to {@code high}. */
  private static StepAndOffset window(double low, double high, QuantizerSpec spec) {
    CodeRange range = spec.range();
    if (spec.learnsOffset()) {
      double step = (high - low) / (range.highest() - range.lowest());
      return new StepAndOffset(step, low - range.lowest() * step);
    }
    double upper = high / range.highest();
    return withoutOffset(onlyUpperEnd(spec) ? upper : Math.max(upper, low / range.lowest()));
  }

  private static boolean onlyUpperEnd(QuantizerSpec spec) {
    return spec.sign() == CodeSign.UNSIGNED && !spec.learnsOffset();
  }

  private static StepAndOffset withoutOffset(double step) {
    return new StepAndOffset(step, 0);
  }
}
