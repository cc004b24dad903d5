package org.lsq4j.compute;

/** What a kernel does with its result at last, in the same pass. */
public enum Rectifier {
  /** Nothing. */
  NONE,
  /** max(0, v). */
  RELU
}
