package org.lsq4j.deploy.runtime;

/** Computes a program with memory of its own; for one thread at a time. */
public interface Executor {

  /**
   * Computes examples one after the other.
   *
   * @param inputs all examples, [N, height, width, channels]
   * @param first example to compute
   * @param count how many
   * @param outputs receives their outputs, at their places among those of all examples
   */
  void run(float[] inputs, int first, int count, float[] outputs);
}
