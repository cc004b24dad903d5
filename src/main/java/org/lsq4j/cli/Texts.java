package org.lsq4j.cli;

import java.util.List;
import java.util.Locale;

/** Numbers as people read them, the same on every machine. */
final class Texts {

  private static final int MINUTE = 60;
  private static final int HOUR = 3600;

  private Texts() {}

  /** Formats like {@link String#format} in English. */
  static String of(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /** A share as percent: {@code 91.23 %}. */
  static String percent(double share) {
    return of("%.2f %%", 100 * share);
  }

  /** A time: {@code 12.3 s}, {@code 4:05 min}, {@code 1:02:03 h}. */
  static String time(double seconds) {
    if (seconds < MINUTE) {
      return of("%.1f s", seconds);
    }
    long whole = Math.round(seconds);
    return whole < HOUR
        ? of("%d:%02d min", whole / MINUTE, whole % MINUTE)
        : of("%d:%02d:%02d h", whole / HOUR, whole % HOUR / MINUTE, whole % MINUTE);
  }

  /** A number of milliseconds with one digit. */
  static String millis(double millis) {
    return of("%,.1f", millis);
  }

  /** A size in kilobytes of 1,000 bytes. */
  static String kilobytes(long bytes) {
    return of("%,.1f", bytes / 1000.0);
  }

  /** The mean of the values of all channels with four digits; a hyphen if there are none. */
  static String mean(List<Double> values) {
    return values.isEmpty()
        ? "-"
        : of("%.4g", values.stream().mapToDouble(Double::doubleValue).average().orElseThrow());
  }

  /** A singular or plural: {@code 1 epoch}, {@code 2 epochs}. */
  static String count(int number, String noun) {
    return of("%,d %s%s", number, noun, number == 1 ? "" : "s");
  }
}
