package org.lsq4j.report.run;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.training.observation.QuantizerObservation;
import org.lsq4j.training.observation.QuantizerObservation.Errors;

/**
 * A quantizer in the course of a stage.
 *
 * @param layer the layer's name
 * @param role weights or input
 * @param bits bit width
 * @param moments after each epoch; the first is before training
 */
record QuantizerHistory(String layer, QuantizerRole role, int bits, List<Moment> moments) {

  /**
   * A quantizer after an epoch; NaN for what was not measured.
   *
   * @param epoch from 1; 0 before training
   * @param step s, the mean over channels
   * @param offset z likewise
   * @param projections limited updates of s so far
   * @param clipShare share of values beyond the bounds
   * @param frozen share of weights that are frozen
   * @param observed what else was seen
   */
  record Moment(
      int epoch,
      double step,
      double offset,
      long projections,
      double clipShare,
      double frozen,
      Optional<QuantizerObservation> observed) {

    double updateRatio() {
      return number(observed.map(QuantizerObservation::updateRatio));
    }

    double oscillating() {
      return number(
          observed
              .map(QuantizerObservation::oscillation)
              .map(QuantizerObservation.Oscillation::share));
    }

    /** As {@link #oscillating}, but the mean number of oscillations of a weight in an update. */
    double frequency() {
      return number(
          observed
              .map(QuantizerObservation::oscillation)
              .map(QuantizerObservation.Oscillation::frequency));
    }

    private static double number(Optional<Double> value) {
      return value.orElse(Double.NaN);
    }
  }

  Moment first() {
    return moments.get(0);
  }

  Moment last() {
    return moments.get(moments.size() - 1);
  }

  boolean isOfWeights() {
    return role == QuantizerRole.WEIGHT;
  }

  /** A number at every moment. */
  double[] path(ToDoubleFunction<Moment> value) {
    return moments.stream().mapToDouble(value).toArray();
  }

  /** The steps divided by the first one. */
  double[] relativeSteps() {
    double start = first().step();
    return path(moment -> moment.step() / start);
  }

  /** How many values had each code at the first or last moment; empty if nobody looked. */
  Optional<QuantizerObservation> codes(Function<QuantizerHistory, Moment> when) {
    return when.apply(this).observed();
  }

  /** The errors at the first or last moment. */
  Optional<Errors> errors(Function<QuantizerHistory, Moment> when) {
    return when.apply(this).observed().map(QuantizerObservation::errors);
  }
}
