package org.lsq4j.quantizer;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
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

  // Whole offsets tried beside the nearest one, and how far each moves the step: 30 % up to as much
  // down, finely.
  private static final int NEIGHBOURS = 1;
  private static final double WIDER = 1.3;
  private static final int STEPS_BESIDE = 260;

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
        scan(new Grid(covering * WIDEST, COARSE, COARSE_STEPS), 0)
            .flatMap(start -> scan(new Grid(start.step / COARSE, FINE, FINE_STEPS), 0))
            .sorted()
            .limit(KEPT)
            .map(start -> refine(start, 0));
    return best(candidate(covering, 0), refined).step();
  }

  /** Steps that shrink from {@code widest} by {@code ratio}. */
  private record Grid(double widest, double ratio, int steps) {}

  /** The best steps of a grid whose offset is {@code whole} steps. */
  private Stream<Candidate> scan(Grid grid, long whole) {
    return IntStream.range(0, grid.steps)
        .mapToDouble(i -> grid.widest * Math.pow(grid.ratio, i))
        .mapToObj(step -> candidate(step, whole * step))
        .sorted()
        .limit(KEPT);
  }

  /** Brent's method between the neighbours on the fine grid; the offset stays whole steps. */
  private Candidate refine(Candidate start, long whole) {
    UnivariatePointValuePair optimum =
        new BrentOptimizer(STEP_PRECISION, STEP_PRECISION)
            .optimize(
                new UnivariateObjectiveFunction(
                    factor -> error(start.step * factor, whole * start.step * factor)),
                GoalType.MINIMIZE,
                new SearchInterval(FINE, 1 / FINE, 1),
                MaxEval.unlimited());
    double step = start.step * optimum.getPoint();
    return new Candidate(step, whole * step, optimum.getValue());
  }

  /**
   * The best step and offset among those whose offset is a whole number of steps.
   *
   * @param free the best without that condition
   */
  StepAndOffset stepAndWholeOffset(StepAndOffset free) {
    long nearest = Math.round(free.offset() / free.step());
    Candidate best =
        LongStream.rangeClosed(nearest - NEIGHBOURS, nearest + NEIGHBOURS)
            .boxed()
            .flatMap(whole -> aroundStep(free, whole))
            .min(Comparator.naturalOrder())
            .orElseThrow();
    return new StepAndOffset(best.step, best.offset);
  }

  /** Around the free step, and around the step that leaves the free offset where it is. */
  private Stream<Candidate> aroundStep(StepAndOffset free, long whole) {
    double sameOffset = free.offset() / whole;
    return DoubleStream.of(free.step(), sameOffset)
        .filter(step -> step > 0 && Double.isFinite(step))
        .mapToObj(step -> new Grid(step * WIDER, FINE, STEPS_BESIDE))
        .flatMap(grid -> scan(grid, whole))
        .map(start -> refine(start, whole));
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
