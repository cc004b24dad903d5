package org.lsq4j.report.figures;

import java.util.Locale;
import org.lsq4j.report.ReportException;

/**
 * Numbers from one end to the other, both included.
 *
 * @param from the first
 * @param to the last; may be smaller, but not equal
 * @param count how many, 2 to {@value #MOST}
 */
public record Range(double from, double to, int count) {

  /** As many frames as make an animation that one still waits for. */
  public static final int MOST = 200;

  private static final int PARTS = 3;

  /** Checks the parts. */
  public Range {
    if (!Double.isFinite(from) || !Double.isFinite(to) || from == to || count < 2 || count > MOST) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "two different numbers and 2 to %d settings are needed, got %s:%s:%d",
              MOST,
              from,
              to,
              count));
    }
  }

  /**
   * Reads {@code from:to:count}.
   *
   * @param option name of the option, for messages
   * @throws ReportException if it is something else
   */
  public static Range parse(String option, String text) {
    String[] parts = text.split(":", -1);
    try {
      if (parts.length == PARTS) {
        return new Range(
            Double.parseDouble(parts[0]), Double.parseDouble(parts[1]), Integer.parseInt(parts[2]));
      }
    } catch (NumberFormatException e) {
      throw wrong(option, text, "those are not three numbers", e);
    } catch (IllegalArgumentException e) {
      throw wrong(option, text, e.getMessage(), e);
    }
    throw wrong(option, text, "there must be three parts", null);
  }

  private static ReportException wrong(String option, String text, String why, Exception cause) {
    return new ReportException(
        option + " " + text + ": " + why + "; write from:to:count, as in 0.25:4:41", cause);
  }

  double linear(int index) {
    return from + (to - from) * index / (count - 1);
  }

  double geometric(int index) {
    // The ends exactly, whatever pow rounds to.
    return index == count - 1 ? to : from * Math.pow(to / from, (double) index / (count - 1));
  }
}
