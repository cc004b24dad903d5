package org.lsq4j.experiment;

/** What to do about an output folder that holds an earlier run. */
public enum StartMode {
  /** Refuse it. */
  NEW,
  /** Go on where it ended. */
  RESUME,
  /** Delete its results and start anew. */
  OVERWRITE
}
