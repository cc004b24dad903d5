package org.lsq4j.report.figures;

import java.util.Random;
import org.lsq4j.report.ReportException;

/**
 * How many values to take, and by which random numbers.
 *
 * @param count values to draw, or to keep of a file or model that has more
 * @param seed of the random numbers
 */
public record Sampling(int count, long seed) {

  /** As many as the ten figures are specified for. */
  public static final int USUAL_COUNT = 100_000;

  private static final int LEAST = 2;
  private static final int MOST = 10_000_000;

  /** Checks the count. */
  public Sampling {
    if (count < LEAST || count > MOST) {
      throw new ReportException(
          String.format("--samples: must be %d to %,d, got %d", LEAST, MOST, count));
    }
  }

  /** All values, or a random choice of {@link #count} if there are more, in their order. */
  double[] choose(double[] values) {
    if (values.length <= count) {
      return values;
    }
    // Selection sampling (Knuth, The Art of Computer Programming 2, algorithm S).
    Random random = new Random(seed);
    double[] chosen = new double[count];
    int taken = 0;
    for (int seen = 0; taken < count; seen++) {
      if (random.nextDouble() * (values.length - seen) < count - taken) {
        chosen[taken++] = values[seen];
      }
    }
    return chosen;
  }
}
