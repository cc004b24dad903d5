package org.lsq4j.experiment;

import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.lsq4j.compute.profile.KernelKind;
import org.lsq4j.compute.profile.KernelProfile;
import org.lsq4j.compute.profile.KernelProfile.ConvolutionUse;

/**
 * How fast all convolutions of a network were in training steps.
 *
 * @param forward y
 * @param backward dL/dW and dL/dx
 */
public record ConvolutionSpeed(PassSpeed forward, PassSpeed backward) {

  /**
   * Summarizes the profile of training steps; empty if the network has no convolutions.
   *
   * @param bareNanos nanoseconds of a call when it is made alone
   */
  static Optional<ConvolutionSpeed> of(
      KernelProfile profile, ToDoubleFunction<ConvolutionUse> bareNanos) {
    if (profile.convolutions().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new ConvolutionSpeed(
            PassSpeed.of(profile, KernelKind.CONVOLUTION_FORWARD, bareNanos),
            PassSpeed.of(profile, KernelKind.CONVOLUTION_BACKWARD, bareNanos)));
  }
}
