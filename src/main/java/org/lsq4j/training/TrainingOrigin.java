package org.lsq4j.training;

import java.util.Map;

/**
 * What a training was started with, kept in its checkpoints.
 *
 * @param configuration the complete configuration, as its owner writes it
 * @param versions of everything that can change a result, by name
 */
public record TrainingOrigin(String configuration, Map<String, String> versions) {

  /** Copies the versions. */
  public TrainingOrigin {
    versions = Map.copyOf(versions);
  }
}
