package org.lsq4j.training.observation;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.OptionalDouble;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.StepComparison;

/**
 * What a quantizer does with its values, and how its step learned. Absent numbers were not
 * measured.
 *
 * @param layer the layer's name
 * @param role weights or input
 * @param clipShare share of values beyond the bounds, 0 to 1
 * @param lowestCode n, the code of the first of {@code codes}
 * @param codes how many values have each code, from n to p
 * @param updateRatio R = (|dL/ds| / |s|) / (|dL/dW| / |W|), mean over steps of the epoch; W are the
 *     layer's weights, also for its input quantizer (LSQ paper, section 2.2)
 * @param oscillation of the weights; absent for inputs
 * @param errors the step against those of least error
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record QuantizerObservation(
    String layer,
    QuantizerRole role,
    double clipShare,
    int lowestCode,
    List<Long> codes,
    Double updateRatio,
    Oscillation oscillation,
    Errors errors) {

  /** Copies the codes. */
  public QuantizerObservation {
    codes = List.copyOf(codes);
  }

  /**
   * How weights jumped between codes in an epoch. A weight oscillates in an update if its code
   * changes in the direction opposite to that of its last change (Nagel et al., 2022).
   *
   * @param weights number of weights that were watched
   * @param frequency mean number of oscillations of a weight in an update
   * @param share of weights that oscillated more often than {@link
   *     org.lsq4j.training.LayerOscillation#OSCILLATING} times an update, 0 to 1
   */
  public record Oscillation(int weights, double frequency, double share) {}

  /**
   * {@link StepComparison} with an absent number instead of an empty one.
   *
   * @param error mean squared error divided by the mean square of the values
   * @param least the least one for any step
   * @param absolute step of least mean absolute error, divided by the step
   * @param squared step of least mean squared error, divided by the step
   * @param divergence step of least Kullback-Leibler divergence, divided by the step
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Errors(
      double error, double least, double absolute, double squared, Double divergence) {
    static Errors of(StepComparison comparison) {
      OptionalDouble divergence = comparison.divergence();
      return new Errors(
          comparison.error(),
          comparison.leastError(),
          comparison.absolute(),
          comparison.squared(),
          divergence.isPresent() ? divergence.getAsDouble() : null);
    }
  }

  /** The same with what an epoch told. */
  QuantizerObservation with(Double newUpdateRatio, Oscillation newOscillation) {
    return new QuantizerObservation(
        layer, role, clipShare, lowestCode, codes, newUpdateRatio, newOscillation, errors);
  }
}
