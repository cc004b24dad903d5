package org.lsq4j.training.oscillation;

import java.util.Objects;
import org.lsq4j.quantizer.CodeRange;

/**
 * How oscillating weights are watched and treated. Over a training's progress r from 0 to 1 the
 * values change along half a cosine, c(r) = (1 + cos(pi r)) / 2 from 1 to 0.
 *
 * @param method what is done
 * @param momentum m of the moving averages of frequency and code, more than 0 and at most 1
 * @param maxBits weights of more bits are left alone
 * @param dampening lambda at the end of the training, 0 or more: lambda(r) = dampening (1 - c(r))
 * @param startThreshold frequency from which weights are frozen, at the beginning, more than 0
 * @param endThreshold the same at the end, more than 0: th(r) = end + (start - end) c(r)
 */
public record OscillationSettings(
    OscillationMethod method,
    double momentum,
    int maxBits,
    double dampening,
    double startThreshold,
    double endThreshold) {

  /** Nagel et al.'s choices. */
  public static final double MOMENTUM = 0.01;

  /** Widest weights that are watched in Nagel et al.'s program. */
  public static final int MAX_BITS = 4;

  /** Lambda at the end. */
  public static final double DAMPENING = 0.1;

  /** Threshold at the beginning. */
  public static final double START_THRESHOLD = 0.1;

  /** Threshold at the end. */
  public static final double END_THRESHOLD = 0.01;

  /** Checks the ranges. */
  public OscillationSettings {
    Objects.requireNonNull(method, "method");
    if (!(momentum > 0 && momentum <= 1)) {
      throw new IllegalArgumentException(
          "momentum: must be more than 0 and at most 1, got " + momentum);
    }
    if (maxBits < CodeRange.MIN_BITS || maxBits > CodeRange.MAX_BITS) {
      throw new IllegalArgumentException(
          String.format(
              "maxBits: must be %d to %d, got %d",
              CodeRange.MIN_BITS, CodeRange.MAX_BITS, maxBits));
    }
    if (!(dampening >= 0) || Double.isInfinite(dampening)) {
      throw new IllegalArgumentException("dampening: must be 0 or more, got " + dampening);
    }
    requireThreshold("startThreshold", startThreshold);
    requireThreshold("endThreshold", endThreshold);
  }

  private static void requireThreshold(String key, double threshold) {
    if (!(threshold > 0)) {
      throw new IllegalArgumentException(key + ": must be more than 0, got " + threshold);
    }
  }

  /** A method with the values of Nagel et al. */
  public static OscillationSettings of(OscillationMethod method) {
    return new OscillationSettings(
        method, MOMENTUM, MAX_BITS, DAMPENING, START_THRESHOLD, END_THRESHOLD);
  }

  /** Lambda at a progress of 0 to 1. */
  double dampeningAt(double progress) {
    return dampening * (1 - cosine(progress));
  }

  /** The frequency above which weights are frozen at a progress of 0 to 1. */
  double thresholdAt(double progress) {
    return method == OscillationMethod.FREEZE
        ? endThreshold + (startThreshold - endThreshold) * cosine(progress)
        : Double.POSITIVE_INFINITY;
  }

  private static double cosine(double progress) {
    return (1 + Math.cos(Math.PI * Math.min(1, progress))) / 2;
  }
}
