package org.lsq4j.experiment;

import java.util.function.ToDoubleFunction;
import org.lsq4j.compute.profile.KernelKind;
import org.lsq4j.compute.profile.KernelProfile;
import org.lsq4j.compute.profile.KernelProfile.ConvolutionUse;

/**
 * How fast the convolutions of one direction were in training steps.
 *
 * @param gflops billions of operations in a second; a multiplication with an addition is two
 * @param bareShare the time that the same convolutions take alone, divided by their time in the
 *     steps: 1 if the steps cost them nothing
 */
public record PassSpeed(double gflops, double bareShare) {

  private static final double OPERATIONS = 2;

  /**
   * Summarizes a profile.
   *
   * @param kind convolutions forward or backward; there is at least one in the profile
   * @param bareNanos nanoseconds of a call when it is made alone
   */
  static PassSpeed of(
      KernelProfile profile, KernelKind kind, ToDoubleFunction<ConvolutionUse> bareNanos) {
    double nanos = profile.of(kind).nanos();
    double bare =
        profile.convolutions().stream()
            .filter(use -> use.call().pass().kind() == kind)
            .mapToDouble(use -> use.count() * bareNanos.applyAsDouble(use))
            .sum();
    return new PassSpeed(OPERATIONS * profile.multiplyAccumulates(kind) / nanos, bare / nanos);
  }
}
