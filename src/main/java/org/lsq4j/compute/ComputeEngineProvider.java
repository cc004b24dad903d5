package org.lsq4j.compute;

/**
 * Makes an engine, found by {@link java.util.ServiceLoader}. Engines live in packages of their own,
 * which know this one; this one does not know them.
 */
public interface ComputeEngineProvider {

  /** The engine's name. */
  String name();

  /** Engines with a higher preference are tried first when the choice is automatic. */
  int preference();

  /**
   * Makes the engine.
   *
   * @throws EngineUnavailableException if it cannot work on this machine
   */
  ComputeEngine create();
}
