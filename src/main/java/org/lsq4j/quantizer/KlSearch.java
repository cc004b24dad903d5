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

  KlSearch(double[] values, CodeRange range) {
    highest = range.highest();
    double[] magnitudes =
        Arrays.stream(values)
            .map(value -> range.lowest() < 0 ? Math.abs(value) : value)
            .filter(magnitude -> magnitude > 0)
            .toArray();
    largest = Arrays.stream(magnitudes).max().orElse(0);
    for (double magnitude : magnitudes) {
      histogram[Math.min((int) (magnitude / largest * BINS), BINS - 1)]++;
    }
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
   * KL(P || Q) for a threshold behind the first {@code bins} bins; infinite where Q misses a part
   * of P.
   */
  private double divergence(int bins) {
    long[] clipped = Arrays.copyOf(histogram, bins);
    clipped[bins - 1] += Arrays.stream(histogram, bins, BINS).sum();
    double[] massOfCode = new double[highest + 1];
    double[] binsOfCode = new double[highest + 1];
    long within = 0;
    long total = 0;
    for (int bin = 0; bin < bins; bin++) {
      int code = code(bin, bins);
      massOfCode[code] += histogram[bin];
      binsOfCode[code] += clipped[bin] > 0 ? 1 : 0;
      within += histogram[bin];
      total += clipped[bin];
    }
    double sum = 0;
    for (int bin = 0; bin < bins; bin++) {
      if (clipped[bin] > 0) {
        int code = code(bin, bins);
        double p = (double) clipped[bin] / total;
        double q = massOfCode[code] / binsOfCode[code] / within;
        sum += p * Math.log(p / q);
      }
    }
    return sum;
  }

  private int code(int bin, int bins) {
    return (int) Math.rint((bin + 0.5) * highest / bins);
  }
}
