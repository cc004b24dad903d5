package org.lsq4j.quantizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/**
 * What calibration remembers of the values of one channel: exact count, extremes and moments of
 * everything seen, and a uniform random choice of at most {@value #CAPACITY} values for what needs
 * the values themselves (percentiles, mean squared error, histograms).
 *
 * <p>The same values in the same order and the same seed keep the same values, however the calls
 * are split; the moments then agree up to rounding. Adding is one pass over the data with a handful
 * of random numbers (Li, <i>Reservoir-sampling algorithms of time complexity O(n(1+log(N/n)))</i>,
 * 1994, "Algorithm L"). Not thread-safe.
 */
public final class CalibrationSample {

  /** Most values kept: enough that 0.1 % of them still are 16. */
  public static final int CAPACITY = 16_384;

  private static final int FIRST_CAPACITY = 64;
  // Moments are merged block by block: deviations from a block's own mean do not cancel as sums of
  // squares do.
  private static final int BLOCK = 2_048;

  private final Random random;
  private double[] kept = new double[FIRST_CAPACITY];
  private double acceptance = 1;
  private long nextKept = CAPACITY;

  private long count;
  private double min = Double.POSITIVE_INFINITY;
  private double max = Double.NEGATIVE_INFINITY;
  private double mean;
  private double sumAbs;
  private double squaredDeviations;

  /** An empty sample with a fixed seed. */
  public CalibrationSample() {
    this(0);
  }

  /** An empty sample that chooses the values it keeps by {@code seed}. */
  public CalibrationSample(long seed) {
    random = new Random(seed);
  }

  /** One sample for each channel of a flat array. */
  public static List<CalibrationSample> ofChannels(float[] values, ChannelLayout layout) {
    List<CalibrationSample> samples = new ArrayList<>(layout.channels());
    for (int channel = 0; channel < layout.channels(); channel++) {
      samples.add(new CalibrationSample());
    }
    int run = layout.channels() == 1 ? values.length : layout.inner();
    for (int from = 0; from < values.length; from += run) {
      samples.get(layout.channel(from)).addAll(values, from, Math.min(from + run, values.length));
    }
    return samples;
  }

  /**
   * Adds one value.
   *
   * @throws IllegalArgumentException if it is NaN or infinite as a float
   */
  public void add(double value) {
    requireFinite(value, count);
    min = Math.min(min, value);
    max = Math.max(max, value);
    sumAbs += Math.abs(value);
    mergeMoments(1, value, 0);
    keep(value);
    count++;
  }

  /** Adds all values of an array, as {@link #addAll(float[], int, int)}. */
  public void addAll(float[] values) {
    addAll(values, 0, values.length);
  }

  /**
   * Adds the values at {@code from} to {@code to}, the latter not included.
   *
   * @throws IllegalArgumentException if one is NaN or infinite; then none has been added
   */
  public void addAll(float[] values, int from, int to) {
    Objects.checkFromToIndex(from, to, values.length);
    for (int i = from; i < to; i++) {
      requireFinite(values[i], i);
    }
    for (int start = from; start < to; start += BLOCK) {
      addBlock(values, start, Math.min(start + BLOCK, to));
    }
  }

  /** Number of values added. */
  public long count() {
    return count;
  }

  /** Smallest value added. */
  public double min() {
    requireValues();
    return min;
  }

  /** Largest value added. */
  public double max() {
    requireValues();
    return max;
  }

  /** Largest absolute value added. */
  public double maxAbs() {
    return Math.max(Math.abs(min()), Math.abs(max()));
  }

  /** Mean of all values added. */
  public double mean() {
    requireValues();
    return mean;
  }

  /** Mean of the absolute values. */
  public double meanAbs() {
    requireValues();
    return sumAbs / count;
  }

  /** Population standard deviation of all values added: the divisor is their number. */
  public double standardDeviation() {
    requireValues();
    return Math.sqrt(squaredDeviations / count);
  }

  /** A copy of the values kept: all of them while there are at most {@value #CAPACITY}. */
  public double[] values() {
    return Arrays.copyOf(kept, (int) Math.min(count, CAPACITY));
  }

  private static void requireFinite(double value, long index) {
    if (!(Math.abs(value) <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "Calibration met "
              + value
              + " at index "
              + index
              + "; it needs finite values."
              + " Look for a diverged layer or broken input data before this quantizer");
    }
  }

  private void requireValues() {
    if (count == 0) {
      throw new IllegalArgumentException(
          "Calibration saw no values, so no step can be found; feed at least one example");
    }
  }

  private void addBlock(float[] values, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      double value = values[i];
      sum += value;
      sumAbs += Math.abs(value);
      min = value < min ? value : min;
      max = value > max ? value : max;
    }
    double blockMean = sum / (to - from);
    double blockDeviations = 0;
    for (int i = from; i < to; i++) {
      double deviation = values[i] - blockMean;
      blockDeviations += deviation * deviation;
    }
    mergeMoments(to - from, blockMean, blockDeviations);
    keepSome(values, from, to);
    count += to - from;
  }

  /** Pairwise update of Chan, Golub and LeVeque (1983). */
  private void mergeMoments(long blockCount, double blockMean, double blockDeviations) {
    double share = (double) blockCount / (count + blockCount);
    double difference = blockMean - mean;
    mean += difference * share;
    squaredDeviations += blockDeviations + difference * difference * count * share;
  }

  /** Offers a block to the reservoir; once that is full, jumps from one kept value to the next. */
  private void keepSome(float[] values, int from, int to) {
    int fill = (int) Math.min(to - from, Math.max(0, CAPACITY - count));
    for (int i = 0; i < fill; i++) {
      put((int) count + i, values[from + i]);
    }
    for (; nextKept < count + (to - from); jump()) {
      replace(values[from + (int) (nextKept - count)]);
    }
  }

  private void keep(double value) {
    if (count < CAPACITY) {
      put((int) count, value);
    } else if (count == nextKept) {
      replace(value);
      jump();
    }
  }

  private void put(int index, double value) {
    if (index == kept.length) {
      kept = Arrays.copyOf(kept, Math.min(2 * kept.length, CAPACITY));
    }
    kept[index] = value;
    if (index == CAPACITY - 1) {
      nextKept = index;
      jump();
    }
  }

  private void replace(double value) {
    kept[random.nextInt(CAPACITY)] = value;
  }

  /** Draws the index of the next value to keep: Algorithm L's geometric skip. */
  private void jump() {
    acceptance *= StrictMath.exp(logUniform() / CAPACITY);
    nextKept += 1 + (long) (logUniform() / StrictMath.log1p(-acceptance));
  }

  // StrictMath and Random are specified to the bit, so a seed gives one sample on every machine.
  private double logUniform() {
    return StrictMath.log(1 - random.nextDouble());
  }
}
