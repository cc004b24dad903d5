package org.lsq4j.quantizer;

import java.util.Arrays;

/**
 * The clipping threshold T of least Kullback-Leibler divergence, after Migacz, <i>8-bit inference
 * with TensorRT</i> (2017); the step is T / p.
 *
 * <p>P is the histogram of |v| up to T with everything beyond added to its last bin. Q is the
 * histogram up to T after quantization: the bins of one code share their mass equally, among those
 * that are not empty. Three departures from the original:
 *
 * <ul>
 *   <li>bins are joined by the quantizer's own rounding (code 0 is half as wide as the others), not
 *       in p + 1 equal groups;
 *   <li>exact zeros are left out: every step represents them, and after ReLU their peak would rule
 *       the choice; for unsigned codes negative values are left out too;
 *   <li>T moves by 8 bins at a time.
 * </ul>
 */
final class KlSearch {

  private static final int BINS = 2_048;
  private static final int STRIDE = 8;

  private final int highest;
  private final double largest;
  private final long[] histogram = new long[BINS];

  // Of the bins before one: their values, how many are not empty, and the sum of h log h. With
  // them a threshold costs as much as there are codes, and not as there are bins.
  private final long[] values = new long[BINS + 1];
  private final int[] filled = new int[BINS + 1];
  private final double[] logarithms = new double[BINS + 1];

  KlSearch(double[] all, CodeRange range) {
    highest = range.highest();
    double[] magnitudes =
        Arrays.stream(all)
            .map(value -> range.lowest() < 0 ? Math.abs(value) : value)
            .filter(magnitude -> magnitude > 0)
            .toArray();
    largest = Arrays.stream(magnitudes).max().orElse(0);
    for (double magnitude : magnitudes) {
      histogram[Math.min((int) (magnitude / largest * BINS), BINS - 1)]++;
    }
    for (int bin = 0; bin < BINS; bin++) {
      long count = histogram[bin];
      values[bin + 1] = values[bin] + count;
      filled[bin + 1] = filled[bin] + (count > 0 ? 1 : 0);
      logarithms[bin + 1] = logarithms[bin] + timesLogarithm(count);
    }
  }

  private static double timesLogarithm(long count) {
    return count > 0 ? count * Math.log(count) : 0;
  }

  /** The step whose threshold loses least information; 0 if all values are zero. */
  double step() {
    int best = BINS;
    double leastDivergence = divergence(BINS);
    int fewest = Math.max(STRIDE, (highest + 1) / STRIDE * STRIDE);
    for (int bins = BINS - STRIDE; bins >= fewest; bins -= STRIDE) {
      double divergence = divergence(bins);
      if (divergence < leastDivergence) {
        best = bins;
        leastDivergence = divergence;
      }
    }
    return largest * best / BINS / highest;
  }

  /**
   * KL(P || Q) = sum of p log p - sum of p log q for a threshold behind the first {@code bins}
   * bins; infinite where Q misses a part of P.
   */
  private double divergence(int bins) {
    long total = values[BINS];
    long last = histogram[bins - 1];
    long beyond = total - values[bins];
    double sum = logarithms[bins] - timesLogarithm(last) + timesLogarithm(last + beyond);
    int from = 0;
    for (int code = 0; code <= highest; code++) {
      int to = code == highest ? bins : firstBin(code + 1, bins);
      long clipped = values[to] - values[from];
      int nonEmpty = filled[to] - filled[from];
      if (code == highest && beyond > 0) {
        clipped += beyond;
        nonEmpty += last == 0 ? 1 : 0;
      }
      if (clipped > 0) {
        double q = (double) (values[to] - values[from]) / nonEmpty / values[bins];
        sum -= clipped * Math.log(q);
      }
      from = to;
    }
    return sum / total - Math.log(total);
  }

  /** The first bin that gets a code or a higher one. */
  private int firstBin(int code, int bins) {
    int bin = (int) ((code - 0.5) * bins / highest);
    // The estimate is exact but for rounding.
    while (bin > 0 && code(bin - 1, bins) >= code) {
      bin--;
    }
    while (code(bin, bins) < code) {
      bin++;
    }
    return bin;
  }

  private int code(int bin, int bins) {
    return (int) Math.rint((bin + 0.5) * highest / bins);
  }
}
