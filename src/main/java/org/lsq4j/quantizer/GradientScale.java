package org.lsq4j.quantizer;

/**
 * The factor g = 1 / sqrt(N p) on the gradients of s and z (LSQ, section 2.2): which elements N
 * counts.
 *
 * <p>For weights N is always the number of weights that share the step, and {@link #PER_SAMPLE} and
 * {@link #PER_BATCH} are the same.
 */
public enum GradientScale {
  /** g = 1. */
  NONE,
  /** Activations: N is the number of features of one example, as the paper says. The default. */
  PER_SAMPLE,
  /** Activations: N counts the elements of the whole minibatch, as most public code does. */
  PER_BATCH,
  /**
   * g = 1 / sqrt(N) with N as in {@link #PER_SAMPLE}, without the range p: an ablation in LSQ
   * (table 3).
   */
  WITHOUT_RANGE;

  /**
   * The scale g.
   *
   * @param elements number of elements that share the step, all examples together; positive
   * @param examples number of examples among these elements; 1 for weights
   * @param range code range, for p
   */
  public double of(long elements, long examples, CodeRange range) {
    if (elements <= 0 || examples <= 0) {
      throw new IllegalArgumentException(
          "Gradient scale needs at least one element and one example, got "
              + elements
              + " elements and "
              + examples
              + " examples");
    }
    return switch (this) {
      case NONE -> 1.0;
      case PER_SAMPLE -> 1.0 / Math.sqrt((double) elements / examples * range.highest());
      case PER_BATCH -> 1.0 / Math.sqrt((double) elements * range.highest());
      case WITHOUT_RANGE -> 1.0 / Math.sqrt((double) elements / examples);
    };
  }
}
