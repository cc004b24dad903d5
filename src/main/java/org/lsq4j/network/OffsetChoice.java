package org.lsq4j.network;

import org.lsq4j.quantizer.OffsetMode;

/** Which input quantizers learn an offset. */
public enum OffsetChoice {
  /**
   * Where values are {@linkplain InputValues#SKEWED skewed} a {@linkplain OffsetMode#REAL real}
   * one: LSQ+. None elsewhere: LSQ.
   */
  AUTO,
  /** As {@link #AUTO}, but an {@linkplain OffsetMode#INTEGER integer} one, as it is deployed. */
  AUTO_INTEGER,
  /** None: LSQ. */
  NONE,
  /** All, a real one. */
  REAL,
  /** All, an integer one. */
  INTEGER;

  /** The choice of one mode for all. */
  public static OffsetChoice always(OffsetMode mode) {
    return switch (mode) {
      case NONE -> NONE;
      case REAL -> REAL;
      case INTEGER -> INTEGER;
    };
  }

  /** Whether the values decide. */
  boolean isAutomatic() {
    return this == AUTO || this == AUTO_INTEGER;
  }

  /** What a layer gets. */
  OffsetMode modeFor(InputValues values) {
    return switch (this) {
      case AUTO -> values == InputValues.SKEWED ? OffsetMode.REAL : OffsetMode.NONE;
      case AUTO_INTEGER -> values == InputValues.SKEWED ? OffsetMode.INTEGER : OffsetMode.NONE;
      case NONE -> OffsetMode.NONE;
      case REAL -> OffsetMode.REAL;
      case INTEGER -> OffsetMode.INTEGER;
    };
  }
}
