package org.lsq4j.quantizer;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.math3.analysis.MultivariateFunction;
import org.apache.commons.math3.optim.InitialGuess;
import org.apache.commons.math3.optim.MaxEval;
import org.apache.commons.math3.optim.PointValuePair;
import org.apache.commons.math3.optim.SimpleValueChecker;
import org.apache.commons.math3.optim.nonlinear.scalar.GoalType;
import org.apache.commons.math3.optim.nonlinear.scalar.ObjectiveFunction;
import org.apache.commons.math3.optim.nonlinear.scalar.noderiv.NelderMeadSimplex;
import org.apache.commons.math3.optim.nonlinear.scalar.noderiv.SimplexOptimizer;
import org.apache.commons.math3.optim.univariate.BrentOptimizer;
import org.apache.commons.math3.optim.univariate.SearchInterval;
import org.apache.commons.math3.optim.univariate.UnivariateObjectiveFunction;
import org.apache.commons.math3.optim.univariate.UnivariatePointValuePair;

/**
 * The step, or step and offset, of least mean squared error between xHat and x.
 *
 * <p>The error has many local minima, the more the more codes there are. So the step is searched on
 * a grid first, and its best points are refined by Brent's method; step and offset are searched by
 * Nelder and Mead's simplex from several windows. The covering window is always among the
 * candidates: the result is never worse.
 */
final class MseSearch {

  // Steps tried: from a little more than the covering one, each smaller by 2 %, to about 1/150 of
  // it.
  // Less cannot be best: clipping an extreme M, one of N values, costs M^2 / N. That pays only
  // below
  // the variance, so M < sqrt(N) sigma, 128 sigma for a full sample; and no window is below 1
  // sigma.
  private static final double WIDEST = 1.25;
  private static final double COARSE = 0.98;
  private static final int COARSE_STEPS = 260;
  // Between two coarse neighbours of a good step there still are several minima.
  private static final double FINE = 0.998;
  private static final int FINE_STEPS = 21;
  private static final int KEPT = 4;
  private static final double STEP_PRECISION = 1e-6;

  // Windows shrunk towards the mean; a heavy-tailed distribution at few bits wants the small ones.
  private static final double[] SHRINKAGE = {1, 0.7, 0.45, 0.25, 0.1, 0.03, 0.01};
  private static final double ERROR_PRECISION = 1e-7;
  private static final int ITERATIONS = 100;
  private static final double[] FIRST_MOVES = {-0.1, 0.5};

  private final double[] values;
  private final int lowest;
  private final int highest;

  MseSearch(double[] values, CodeRange range) {
    this.values = values;
    this.lowest = range.lowest();
    this.highest = range.highest();
  }

  /** Mean squared error of the values under a step and offset. */
  double error(double step, double offset) {
    double inverse = 1 / step;
    double sum = 0;
    for (double value : values) {
      double shifted = value - offset;
      double code = Math.rint(Math.min(Math.max(shifted * inverse, lowest), highest));
      double error = code * step - shifted;
      sum += error * error;
    }
    return sum / values.length;
  }

  /**
   * The best step without offset.
   *
   * @param covering the smallest step that clips nothing
   */
  double step(double covering) {
    Stream<Candidate> refined =
        scan(covering * WIDEST, COARSE, COARSE_STEPS)
            .flatMap(start -> scan(start.step / COARSE, FINE, FINE_STEPS))
            .sorted()
            .limit(KEPT)
            .map(this::refine);
    return best(candidate(covering, 0), refined).step();
  }

  /** The best of steps that shrink from {@code widest} by {@code ratio}. */
  private Stream<Candidate> scan(double widest, double ratio, int steps) {
    return IntStream.range(0, steps)
        .mapToObj(i -> candidate(widest * Math.pow(ratio, i), 0))
        .sorted()
        .limit(KEPT);
  }

  /** Brent's method between the neighbours on the fine grid. */
  private Candidate refine(Candidate start) {
    UnivariatePointValuePair optimum =
        new BrentOptimizer(STEP_PRECISION, STEP_PRECISION)
            .optimize(
                new UnivariateObjectiveFunction(factor -> error(start.step * factor, 0)),
                GoalType.MINIMIZE,
                new SearchInterval(FINE, 1 / FINE, 1),
                MaxEval.unlimited());
    return new Candidate(start.step * optimum.getPoint(), 0, optimum.getValue());
  }

  /**
   * The best step and offset.
   *
   * @param covering the window that clips nothing
   * @param center what smaller windows shrink towards
   */
  StepAndOffset stepAndOffset(StepAndOffset covering, double center) {
    Stream<Candidate> descended =
        Arrays.stream(SHRINKAGE)
            .mapToObj(
                factor ->
                    descend(
                        covering.step() * factor, center + (covering.offset() - center) * factor));
    Candidate best = best(candidate(covering.step(), covering.offset()), descended);
    return new StepAndOffset(best.step, best.offset);
  }

  /**
   * Simplex over the step's logarithm, which keeps it positive, and the offset counted in first
   * steps.
   */
  private Candidate descend(double step, double offset) {
    MultivariateFunction error = by -> error(step * Math.exp(by[0]), offset + step * by[1]);
    double negligible = ERROR_PRECISION * error(step, offset);
    PointValuePair optimum =
        new SimplexOptimizer(new SimpleValueChecker(ERROR_PRECISION, negligible, ITERATIONS))
            .optimize(
                new ObjectiveFunction(error),
                GoalType.MINIMIZE,
                new InitialGuess(new double[2]),
                new NelderMeadSimplex(FIRST_MOVES),
                MaxEval.unlimited());
    double[] by = optimum.getPointRef();
    return new Candidate(step * Math.exp(by[0]), offset + step * by[1], optimum.getValue());
  }

  private Candidate candidate(double step, double offset) {
    return new Candidate(step, offset, error(step, offset));
  }

  private static Candidate best(Candidate start, Stream<Candidate> found) {
    return Stream.concat(Stream.of(start), found).min(Comparator.naturalOrder()).orElseThrow();
  }

  private record Candidate(double step, double offset, double error)
      implements Comparable<Candidate> {

    @Override
    public int compareTo(Candidate other) {
      return Double.compare(error, other.error);
    }
  }
}
