package org.lsq4j.experiment;

import org.lsq4j.training.oscillation.OscillationMethod;
import org.lsq4j.training.oscillation.OscillationSettings;

/**
 * What is done about weights that jump between two codes. Fields are null where nothing is said;
 * {@link OscillationSettings} has the defaults.
 *
 * @param method {@code none}, {@code dampen} or {@code freeze}
 * @param track whether they are counted, too, if nothing is done about them
 * @param momentum of the moving averages of frequency and code
 * @param maxBits weights of more bits are left alone
 * @param dampening weight of the penalty at the end of the training
 * @param startThreshold frequency from which weights are frozen, at the beginning
 * @param endThreshold the same at the end
 */
public record OscillationConfig(
    OscillationMethod method,
    Boolean track,
    Double momentum,
    Integer maxBits,
    Double dampening,
    Double startThreshold,
    Double endThreshold) {

  /** Whether anything is done or counted. */
  public boolean hasEffect() {
    return Boolean.TRUE.equals(track) || method != null && method != OscillationMethod.NONE;
  }

  /** What is done, in a word or two. */
  public String action() {
    return switch (toSettings().method()) {
      case NONE -> "only counted";
      case DAMPEN -> "dampened";
      case FREEZE -> "frozen";
    };
  }

  void check() {
    boolean isTuned =
        dampening != null || startThreshold != null || endThreshold != null || saysHowToWatch();
    if (method == null && isTuned && !hasEffect()) {
      throw new IllegalArgumentException("method: is missing; it must be none, dampen or freeze");
    }
    toSettings();
  }

  private boolean saysHowToWatch() {
    return momentum != null || maxBits != null;
  }

  OscillationSettings toSettings() {
    return new OscillationSettings(
        method == null ? OscillationMethod.NONE : method,
        momentum == null ? OscillationSettings.MOMENTUM : momentum,
        maxBits == null ? OscillationSettings.MAX_BITS : maxBits,
        dampening == null ? OscillationSettings.DAMPENING : dampening,
        startThreshold == null ? OscillationSettings.START_THRESHOLD : startThreshold,
        endThreshold == null ? OscillationSettings.END_THRESHOLD : endThreshold);
  }
}
