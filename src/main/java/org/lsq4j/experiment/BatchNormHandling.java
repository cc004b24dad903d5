package org.lsq4j.experiment;

/** What becomes of batch norms when quantized networks are made. */
public enum BatchNormHandling {
  /** They stay and train. */
  KEEP,
  /** They are folded into the layers before them, where that is possible. */
  FOLD
}
