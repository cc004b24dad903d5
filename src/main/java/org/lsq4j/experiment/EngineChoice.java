package org.lsq4j.experiment;

import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.EngineUnavailableException;

/** The key {@code engine}. */
final class EngineChoice {

  private EngineChoice() {}

  /**
   * Lets all computations of the process use an engine.
   *
   * @param name of an engine, or {@code auto}
   * @throws ConfigException if there is none, or it does not work here
   */
  static void use(String name) {
    try {
      ComputeEngines.use(name);
    } catch (IllegalArgumentException | EngineUnavailableException e) {
      throw new ConfigException(e.getMessage(), e);
    }
  }
}
