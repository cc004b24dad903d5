package org.lsq4j.deploy.onnx;

import java.util.Objects;

/**
 * How ONNX Runtime computes.
 *
 * @param threads for one batch, at least 1
 * @param optimization what it may change about the graph
 */
public record OnnxRunOptions(int threads, Optimization optimization) {

  /** ONNX Runtime's levels of graph optimisation. */
  public enum Optimization {
    /** Every node is computed as it stands: products in float on what codes stand for. */
    NONE,
    /** Redundant nodes go, constants are computed in advance. */
    BASIC,
    /** Products between quantizers become integer products, too. */
    EXTENDED,
    /** Layouts change, too. */
    ALL
  }

  /** One thread, all optimisations: ONNX Runtime's own default but for the thread. */
  public static final OnnxRunOptions DEFAULT = new OnnxRunOptions(1, Optimization.ALL);

  /** One thread, no optimisations: what the file says. */
  public static final OnnxRunOptions LITERAL = new OnnxRunOptions(1, Optimization.NONE);

  /** Checks the number of threads. */
  public OnnxRunOptions {
    Objects.requireNonNull(optimization, "optimization");
    if (threads < 1) {
      throw new IllegalArgumentException("threads: must be 1 or more, got " + threads);
    }
  }

  /** The same with a number of threads. */
  public OnnxRunOptions withThreads(int newThreads) {
    return new OnnxRunOptions(newThreads, optimization);
  }
}
