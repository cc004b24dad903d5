package org.lsq4j.experiment;

/**
 * What one kind of kernel takes of a training step.
 *
 * @param kernel the kind, such as {@code convolution-forward}, or {@value #OTHER}
 * @param millis mean of its time in a step
 * @param share of the step's time, 0 to 1
 */
public record KernelShare(String kernel, double millis, double share) {

  /** The time in no kernel: DL4J itself and the notes of the profile. */
  public static final String OTHER = "other";
}
