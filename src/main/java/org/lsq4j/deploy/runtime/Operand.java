package org.lsq4j.deploy.runtime;

import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Tensor;

/**
 * Where a program has a tensor.
 *
 * @param buffer number of the buffer among those for codes, or among those for real numbers
 * @param tensor what is in it
 */
public record Operand(int buffer, Tensor tensor) {

  /** Shape of one example. */
  public Shape shape() {
    return tensor.shape();
  }

  /** Whether it holds codes. */
  public boolean isCodes() {
    return tensor.isCodes();
  }

  /** Number of values of one example. */
  public int size() {
    return tensor.shape().size();
  }
}
