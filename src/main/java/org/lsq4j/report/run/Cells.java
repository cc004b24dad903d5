package org.lsq4j.report.run;

import java.util.Locale;
import org.lsq4j.report.text.Numbers;

/** Cells of a report's tables; {@code –} for what is not known. */
final class Cells {

  static final String NONE = "–";

  private static final double HOUR = 3600;
  private static final double MINUTE = 60;

  private Cells() {}

  /** An accuracy, 0 to 1, as {@code 91.32 %}. */
  static String accuracy(Double share) {
    return share == null ? NONE : Numbers.fixed(100 * share, 2) + " %";
  }

  /** A share, 0 to 1, as {@code 1.3 %}. */
  static String percent(double share) {
    return Double.isNaN(share) ? NONE : Numbers.percent(share);
  }

  /** A number with three significant digits. */
  static String number(double value) {
    return Double.isNaN(value) ? NONE : Numbers.ofSpread(value).value(value);
  }

  /** A relative error in percent, with two significant digits. */
  static String error(double error) {
    return Double.isNaN(error) ? NONE : String.format(Locale.ROOT, "%.2g", 100 * error) + " %";
  }

  /** With a fixed number of decimals. */
  static String fixed(double value, int decimals) {
    return Double.isNaN(value) ? NONE : Numbers.fixed(value, decimals);
  }

  /** With a sign, unless it is zero as it is shown. */
  static String signed(double value, int decimals) {
    String digits = Numbers.fixed(Math.abs(value), decimals);
    if (digits.matches("0(\\.0*)?")) {
      return digits;
    }
    return (value < 0 ? "−" : "+") + digits;
  }

  /** A relation such as {@code 7.9x}. */
  static String times(double value) {
    return Numbers.fixed(value, 1) + "x";
  }

  /** A number of bytes in kilobytes of 1000. */
  static String kilobytes(Long bytes) {
    return bytes == null ? NONE : String.format(Locale.ROOT, "%,.1f", bytes / 1e3);
  }

  /** A number of operations in millions. */
  static String millions(long count) {
    return String.format(Locale.ROOT, "%,.1f", count / 1e6);
  }

  /** A time as {@code 1.2 h}, {@code 3.4 min} or {@code 5 s}. */
  static String time(Double seconds) {
    if (seconds == null) {
      return NONE;
    }
    if (seconds >= HOUR) {
      return Numbers.fixed(seconds / HOUR, 1) + " h";
    }
    return seconds >= MINUTE
        ? Numbers.fixed(seconds / MINUTE, 1) + " min"
        : Numbers.fixed(seconds, 0) + " s";
  }
}
