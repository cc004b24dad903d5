package org.lsq4j.experiment;

import java.util.List;
import java.util.function.ToLongFunction;
import org.apache.commons.math3.stat.StatUtils;

/**
 * What training steps took. The parts' medians need not add up to the whole's.
 *
 * @param stepMillis median of the whole step
 * @param minMillis the fastest step
 * @param maxMillis the slowest step
 * @param imagesPerSecond images in a batch by the median
 * @param forwardMillis median of the forward pass, without the output layer
 * @param backwardMillis median of output layer, loss and backward pass
 * @param updateMillis median of the update of parameters
 */
public record StepTimes(
    double stepMillis,
    double minMillis,
    double maxMillis,
    double imagesPerSecond,
    double forwardMillis,
    double backwardMillis,
    double updateMillis) {

  private static final double NANOS_PER_MILLI = 1e6;
  private static final double MILLIS_PER_SECOND = 1000;
  private static final double MEDIAN = 50;

  /**
   * Summarizes steps.
   *
   * @param steps at least one
   * @param batch images in each
   */
  static StepTimes of(List<StepTime> steps, int batch) {
    double[] totals = millis(steps, StepTime::total);
    double median = median(totals);
    return new StepTimes(
        median,
        StatUtils.min(totals),
        StatUtils.max(totals),
        MILLIS_PER_SECOND * batch / median,
        median(millis(steps, StepTime::forward)),
        median(millis(steps, StepTime::backward)),
        median(millis(steps, StepTime::update)));
  }

  private static double median(double[] values) {
    return StatUtils.percentile(values, MEDIAN);
  }

  private static double[] millis(List<StepTime> steps, ToLongFunction<StepTime> part) {
    return steps.stream().mapToDouble(step -> part.applyAsLong(step) / NANOS_PER_MILLI).toArray();
  }
}
