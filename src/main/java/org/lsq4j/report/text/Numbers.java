package org.lsq4j.report.text;

import java.util.Locale;

/**
 * Numbers as people read them, the same in every language. Data of a known spread gets as many
 * digits as the spread has meaning: two decimals around 1, four around 0.01.
 */
public final class Numbers {

  private static final int USUAL_DECIMALS = 2;
  private static final int MOST_DECIMALS = 15;

  private final int decimals;
  private final int squaredDecimals;

  private Numbers(int decimals, int squaredDecimals) {
    this.decimals = decimals;
    this.squaredDecimals = squaredDecimals;
  }

  /**
   * Numbers for values of a spread.
   *
   * @param spread such as the standard deviation; any finite number, 0 counts as 1
   */
  public static Numbers ofSpread(double spread) {
    double magnitude = spread == 0 ? 0 : Math.log10(Math.abs(spread));
    return new Numbers(decimals(magnitude), decimals(2 * magnitude) + 1);
  }

  private static int decimals(double magnitude) {
    long needed = USUAL_DECIMALS - Math.round(magnitude);
    return (int) Math.min(Math.max(needed, 0), MOST_DECIMALS);
  }

  /** A value of the data. */
  public String value(double value) {
    return fixed(value, decimals);
  }

  /** A squared value, such as a mean squared error. */
  public String squared(double value) {
    return fixed(value, squaredDecimals);
  }

  /** With a fixed number of decimals; never {@code -0}. */
  public static String fixed(double value, int decimals) {
    String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
    return text.matches("-0(\\.0*)?") ? text.substring(1) : text;
  }

  /** A share as percent: {@code 69.1 %}. */
  public static String percent(double share) {
    return fixed(100 * share, 1) + " %";
  }

  /** A whole number with commas between thousands. */
  public static String whole(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
