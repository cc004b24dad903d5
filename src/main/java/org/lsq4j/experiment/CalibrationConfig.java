package org.lsq4j.experiment;

/**
 * How first step sizes are found.
 *
 * @param batches training batches that are looked at, without augmentation
 */
public record CalibrationConfig(Integer batches) {

  void check() {
    if (batches < 1) {
      throw new IllegalArgumentException("batches: must be 1 or more, got " + batches);
    }
  }
}
