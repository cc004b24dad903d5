package org.lsq4j.experiment;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lsq4j.compute.profile.KernelKind;
import org.lsq4j.compute.profile.KernelProfile;
import org.lsq4j.network.Networks;

/**
 * Where the time of training steps goes. Measured on other steps than {@link StepTimes}.
 *
 * @param steps profiled steps
 * @param stepMillis their mean
 * @param kernels the kinds of kernels that ran, and last what is none; their shares add up to 1
 * @param convolution how fast the convolutions were; null if there are none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StepProfile(
    int steps, double stepMillis, List<KernelShare> kernels, ConvolutionSpeed convolution) {

  private static final double NANOS_PER_MILLI = 1e6;

  /** Copies the list. */
  public StepProfile {
    kernels = List.copyOf(kernels);
  }

  /**
   * Summarizes steps.
   *
   * @param steps all that the profile holds, at least one
   * @param profile their kernels
   * @param convolutionOrNull how fast the convolutions were
   */
  static StepProfile of(
      List<StepTime> steps, KernelProfile profile, ConvolutionSpeed convolutionOrNull) {
    long nanos = steps.stream().mapToLong(StepTime::total).sum();
    List<KernelShare> kernels = new ArrayList<>();
    Arrays.stream(KernelKind.values())
        .filter(profile.kernels()::containsKey)
        .map(kind -> share(Networks.words(kind), profile.of(kind).nanos(), nanos, steps.size()))
        .forEach(kernels::add);
    kernels.add(share(KernelShare.OTHER, nanos - profile.nanos(), nanos, steps.size()));
    double stepMillis = nanos / NANOS_PER_MILLI / steps.size();
    return new StepProfile(steps.size(), stepMillis, kernels, convolutionOrNull);
  }

  private static KernelShare share(String kernel, double nanos, double all, int steps) {
    return new KernelShare(kernel, nanos / NANOS_PER_MILLI / steps, nanos / all);
  }
}
