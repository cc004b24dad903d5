package org.lsq4j.deploy.graph;

import java.util.Objects;
import java.util.Optional;

/**
 * What a node gives: real numbers, or the codes of a quantizer.
 *
 * @param shape of one example
 * @param quantizer what the codes mean; empty for real numbers
 */
public record Tensor(Shape shape, Optional<Quantizer> quantizer) {

  /** Checks that nothing is missing. */
  public Tensor {
    Objects.requireNonNull(shape, "shape");
    Objects.requireNonNull(quantizer, "quantizer");
  }

  /** Real numbers. */
  public static Tensor real(Shape shape) {
    return new Tensor(shape, Optional.empty());
  }

  /** Codes. */
  public static Tensor codes(Shape shape, Quantizer quantizer) {
    return new Tensor(shape, Optional.of(quantizer));
  }

  /** Whether these are codes. */
  public boolean isCodes() {
    return quantizer.isPresent();
  }

  /** The same numbers in another shape. */
  public Tensor withShape(Shape newShape) {
    return new Tensor(newShape, quantizer);
  }

  Shape requireReal() {
    if (isCodes()) {
      throw new IllegalArgumentException("needs real numbers, but its input is codes");
    }
    return shape;
  }

  Quantizer requireCodes() {
    return quantizer.orElseThrow(
        () -> new IllegalArgumentException("needs codes, but its input is real numbers"));
  }
}
