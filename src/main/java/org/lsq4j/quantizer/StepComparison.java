package org.lsq4j.quantizer;

import java.util.OptionalDouble;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/**
 * A quantizer's error, and how far its step is from the steps of least error (LSQ paper, section
 * 3.6): every step s is multiplied by one factor k, the offset stays, and the k of least error is
 * looked for from 0.01 to 20, as the paper does.
 *
 * @param error mean squared error of xHat divided by the mean square of x; 0 for zeros only
 * @param leastError the same at {@code squared}
 * @param absolute k of least mean absolute error
 * @param squared k of least mean squared error
 * @param divergence k of least Kullback-Leibler divergence as {@link InitializerKind#KL} defines
 *     it; empty where that is not defined: with offset, with a step for each channel, for zeros
 */
public record StepComparison(
    double error, double leastError, double absolute, double squared, OptionalDouble divergence) {

  /** Most values that are looked at; of more, as many at equal distances. */
  public static final int MOST_VALUES = 8_192;

  private static final double SMALLEST = 0.01;
  private static final double LARGEST = 20;
  private static final int COARSE_STEPS = 300;
  private static final int FINE_STEPS = 10;
  private static final double COARSE = Math.pow(LARGEST / SMALLEST, 1.0 / COARSE_STEPS);
  private static final double FINE = Math.pow(COARSE, 1.0 / FINE_STEPS);

  /**
   * Compares the steps of a quantizer.
   *
   * @param x values, row-major
   * @param spec the quantizer
   * @param layout which of the values share a step
   * @param step s for each channel
   * @param offset z for each channel; ignored without offset
   * @throws IllegalArgumentException if there are no values
   */
  public static StepComparison of(
      double[] x, QuantizerSpec spec, ChannelLayout layout, double[] step, double[] offset) {
    if (x.length == 0) {
      throw new IllegalArgumentException("Steps are compared on at least one value, got none");
    }
    Errors errors = new Errors(x, spec, layout, step, offset);
    double power = errors.power();
    double absolute = best(errors::absolute);
    double squared = best(errors::squared);
    OptionalDouble divergence =
        spec.learnsOffset() || step.length > 1
            ? OptionalDouble.empty()
            : divergence(errors.x, spec, step[0]);
    return new StepComparison(
        power == 0 ? 0 : errors.squared(1) / power,
        power == 0 ? 0 : errors.squared(squared) / power,
        absolute,
        squared,
        divergence);
  }

  private static OptionalDouble divergence(double[] x, QuantizerSpec spec, double step) {
    double best = new KlSearch(x, spec.range()).step();
    return best > 0 ? OptionalDouble.of(best / step) : OptionalDouble.empty();
  }

  /** On a coarse grid, then finely around its best point; 1 is always among the candidates. */
  private static double best(DoubleUnaryOperator error) {
    double coarse = least(error, SMALLEST, COARSE, COARSE_STEPS + 1);
    double fine = least(error, coarse / COARSE, FINE, 2 * FINE_STEPS + 1);
    return error.applyAsDouble(fine) < error.applyAsDouble(1) ? fine : 1;
  }

  private static double least(DoubleUnaryOperator error, double from, double ratio, int count) {
    double best = from;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      double factor = from * Math.pow(ratio, i);
      double now = error.applyAsDouble(factor);
      if (now < least) {
        best = factor;
        least = now;
      }
    }
    return best;
  }

  /** The errors for any factor; values are kept relative to their offset. */
  private static final class Errors {
    private final double[] x;
    private final double[] shifted;
    private final double[] step;
    private final int lowest;
    private final int highest;

    Errors(
        double[] all, QuantizerSpec spec, ChannelLayout layout, double[] steps, double[] offsets) {
      int stride = (all.length + MOST_VALUES - 1) / MOST_VALUES;
      int[] indices = IntStream.iterate(0, i -> i < all.length, i -> i + stride).toArray();
      x = IntStream.of(indices).mapToDouble(i -> all[i]).toArray();
      step = IntStream.of(indices).mapToDouble(i -> steps[layout.channel(i)]).toArray();
      shifted = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        double offset = spec.learnsOffset() ? offsets[layout.channel(indices[i])] : 0;
        boolean rounds = spec.offset() == OffsetMode.INTEGER;
        shifted[i] = x[i] - (rounds ? Math.rint(offset / step[i]) * step[i] : offset);
      }
      lowest = spec.range().lowest();
      highest = spec.range().highest();
    }

    double power() {
      double sum = 0;
      for (double value : x) {
        sum += value * value;
      }
      return sum / x.length;
    }

    double squared(double factor) {
      double sum = 0;
      for (int i = 0; i < x.length; i++) {
        double difference = difference(i, factor);
        sum += difference * difference;
      }
      return sum / x.length;
    }

    double absolute(double factor) {
      double sum = 0;
      for (int i = 0; i < x.length; i++) {
        sum += Math.abs(difference(i, factor));
      }
      return sum / x.length;
    }

    private double difference(int index, double factor) {
      double s = step[index] * factor;
      double code = Math.rint(Math.min(Math.max(shifted[index] / s, lowest), highest));
      return code * s - shifted[index];
    }
  }
}
