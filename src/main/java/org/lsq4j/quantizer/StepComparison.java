package org.lsq4j.quantizer;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
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
    List<Candidate> coarse = errors.grid(SMALLEST, COARSE, COARSE_STEPS + 1);
    double absolute = best(errors, coarse, Candidate::absolute);
    double squared = best(errors, coarse, Candidate::squared);
    OptionalDouble divergence =
        spec.learnsOffset() || step.length > 1
            ? OptionalDouble.empty()
            : divergence(errors.x, spec, step[0]);
    return new StepComparison(
        power == 0 ? 0 : errors.with(1).squared() / power,
        power == 0 ? 0 : errors.with(squared).squared() / power,
        absolute,
        squared,
        divergence);
  }

  private static OptionalDouble divergence(double[] x, QuantizerSpec spec, double step) {
    double best = new KlSearch(x, spec.range()).step();
    return best > 0 ? OptionalDouble.of(best / step) : OptionalDouble.empty();
  }

  /** A factor k and the mean errors that it leads to. */
  private record Candidate(double factor, double absolute, double squared) {}

  /** Finely around the best point of a coarse grid; 1 is always among the candidates. */
  private static double best(
      Errors errors, List<Candidate> coarse, ToDoubleFunction<Candidate> error) {
    double from = least(coarse, error).factor() / COARSE;
    Candidate fine = least(errors.grid(from, FINE, 2 * FINE_STEPS + 1), error);
    Candidate asItIs = errors.with(1);
    return error.applyAsDouble(fine) < error.applyAsDouble(asItIs) ? fine.factor() : 1;
  }

  private static Candidate least(List<Candidate> grid, ToDoubleFunction<Candidate> error) {
    return Collections.min(grid, Comparator.comparingDouble(error));
  }

  /** The errors for any factor; values are kept relative to their offset. */
  private static final class Errors {
    private final double[] x;
    private final double[] shifted;
    private final double[] step;
    private final double[] differences;
    private final int lowest;
    private final int highest;

    Errors(
        double[] all, QuantizerSpec spec, ChannelLayout layout, double[] steps, double[] offsets) {
      int stride = (all.length + MOST_VALUES - 1) / MOST_VALUES;
      int[] indices = IntStream.iterate(0, i -> i < all.length, i -> i + stride).toArray();
      x = IntStream.of(indices).mapToDouble(i -> all[i]).toArray();
      step = IntStream.of(indices).mapToDouble(i -> steps[layout.channel(i)]).toArray();
      shifted = new double[x.length];
      differences = new double[x.length];
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

    List<Candidate> grid(double from, double ratio, int count) {
      return IntStream.range(0, count).mapToObj(i -> with(from * Math.pow(ratio, i))).toList();
    }

    Candidate with(double factor) {
      // Apart from the sums: without them Java's compiler takes vector instructions.
      for (int i = 0; i < x.length; i++) {
        double s = step[i] * factor;
        double code = Math.rint(Math.min(Math.max(shifted[i] / s, lowest), highest));
        differences[i] = code * s - shifted[i];
      }
      double absolute = 0;
      double squared = 0;
      for (double difference : differences) {
        absolute += Math.abs(difference);
        squared += difference * difference;
      }
      return new Candidate(factor, absolute / x.length, squared / x.length);
    }
  }
}
