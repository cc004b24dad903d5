package org.lsq4j.deploy.runtime;

import java.util.Objects;

/**
 * How a model is run.
 *
 * @param backend a backend's name, or {@value #AUTO}
 * @param threads among which the examples of a batch are divided, at least 1. The backend {@code
 *     onednn} computes with OpenMP's threads instead, unless the environment says {@code
 *     OMP_NUM_THREADS=1}.
 */
public record RuntimeOptions(String backend, int threads) {

  /** Leaves the choice of the backend to the program. */
  public static final String AUTO = "auto";

  /** The fastest backend, one thread. */
  public static final RuntimeOptions DEFAULT = new RuntimeOptions(AUTO, 1);

  /** Checks the number of threads. */
  public RuntimeOptions {
    Objects.requireNonNull(backend, "backend");
    if (threads < 1) {
      throw new IllegalArgumentException("threads: must be 1 or more, got " + threads);
    }
  }

  /** The same with a number of threads. */
  public RuntimeOptions withThreads(int newThreads) {
    return new RuntimeOptions(backend, newThreads);
  }

  /** The same with a backend. */
  public RuntimeOptions withBackend(String newBackend) {
    return new RuntimeOptions(newBackend, threads);
  }
}
