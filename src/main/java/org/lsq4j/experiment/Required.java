package org.lsq4j.experiment;

/** Checks that a configuration has what there is no default for. */
final class Required {

  private Required() {}

  static void value(String key, Object value) {
    if (value == null) {
      throw new IllegalArgumentException(key + ": is missing, and there is no default for it");
    }
  }
}
