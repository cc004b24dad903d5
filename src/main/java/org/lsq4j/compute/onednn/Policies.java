package org.lsq4j.compute.onednn;

/**
 * Which of several ways to compute a product may be taken.
 *
 * @param integer on codes
 * @param winograd by Winograd's algorithm
 * @param gradients with which precision backward
 */
record Policies(IntegerPolicy integer, WinogradPolicy winograd, GradientPolicy gradients) {

  /** What the system properties say. */
  static Policies current() {
    return new Policies(
        IntegerPolicy.current(), WinogradPolicy.current(), GradientPolicy.current());
  }
}
