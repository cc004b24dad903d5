package org.lsq4j.experiment;

/** Puts keys in front of the messages of checks, so that they name the whole path. */
final class At {

  private At() {}

  /** Runs a check of what is below a key; messages of its exceptions start with a key below. */
  static void key(String key, Runnable check) {
    try {
      check.run();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(key + "." + e.getMessage(), e);
    }
  }
}
