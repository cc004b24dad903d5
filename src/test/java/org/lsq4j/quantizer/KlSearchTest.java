package org.lsq4j.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KlSearchTest {

  private static final int COUNT = CalibrationSample.CAPACITY;

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void outliersAreClippedButNotTheBody(int bits) {
    for (double[] values :
        new double[][] {RandomValues.gaussian(1, COUNT), RandomValues.laplace(2, COUNT)}) {
      values[0] = 30;
      CodeRange range = QuantizerSpec.weights(bits).range();
      double threshold = new KlSearch(values, range).step() * range.highest();
      assertTrue(threshold > 1 && threshold < 25, () -> "threshold " + threshold);
    }
  }

  @Test
  void zerosDoNotMatter() {
    CodeRange range = QuantizerSpec.activations(4, CodeSign.UNSIGNED).range();
    double[] positive = Arrays.stream(RandomValues.gaussian(3, COUNT)).filter(v -> v > 0).toArray();
    double[] withZeros = Arrays.copyOf(positive, 2 * positive.length);
    assertEquals(new KlSearch(positive, range).step(), new KlSearch(withZeros, range).step());
  }

  @Test
  void negativeValuesMatterToSignedCodesOnly() {
    double[] values = RandomValues.gaussian(4, COUNT);
    double[] negated = Arrays.stream(values).map(v -> -v).toArray();
    CodeRange signed = QuantizerSpec.weights(4).range();
    assertEquals(new KlSearch(values, signed).step(), new KlSearch(negated, signed).step());
    CodeRange unsigned = QuantizerSpec.activations(4, CodeSign.UNSIGNED).range();
    double[] positive = Arrays.stream(values).filter(v -> v > 0).toArray();
    assertEquals(new KlSearch(positive, unsigned).step(), new KlSearch(values, unsigned).step());
  }

  @Test
  void allZerosGiveNoStep() {
    CodeRange range = QuantizerSpec.weights(4).range();
    assertEquals(0, new KlSearch(new double[5], range).step());
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void isTheLeastByDefinition(int bits) {
    double[][] samples = {
      RandomValues.gaussian(5, COUNT),
      RandomValues.laplace(6, COUNT),
      RandomValues.laplace(7, 40),
      {0.001, 0.5, 0.5, 0.7, 30}
    };
    for (double[] values : samples) {
      CodeRange range = QuantizerSpec.weights(bits).range();
      double largest = Arrays.stream(values).map(Math::abs).max().orElseThrow();
      long[] histogram = new long[2_048];
      for (double value : values) {
        histogram[Math.min((int) (Math.abs(value) / largest * 2_048), 2_047)]++;
      }
      int bins =
          (int) Math.rint(new KlSearch(values, range).step() * range.highest() / largest * 2_048);
      double least = Double.POSITIVE_INFINITY;
      for (int other = 2_048; other >= Math.max(8, range.highest() + 1); other -= 8) {
        // A divergence that is not a number is none.
        least = Math.min(least, orInfinite(divergence(histogram, other, range.highest())));
      }
      assertEquals(least, divergence(histogram, bins, range.highest()), 1e-12);
    }
  }

  private static double orInfinite(double value) {
    return Double.isNaN(value) ? Double.POSITIVE_INFINITY : value;
  }

  /** KL(P || Q), bin by bin. */
  private static double divergence(long[] histogram, int bins, int highest) {
    long[] clipped = Arrays.copyOf(histogram, bins);
    clipped[bins - 1] += Arrays.stream(histogram, bins, histogram.length).sum();
    double total = Arrays.stream(histogram).sum();
    double within = Arrays.stream(histogram, 0, bins).sum();
    double[] mass = new double[highest + 1];
    int[] nonEmpty = new int[highest + 1];
    for (int bin = 0; bin < bins; bin++) {
      mass[code(bin, bins, highest)] += histogram[bin];
      nonEmpty[code(bin, bins, highest)] += clipped[bin] > 0 ? 1 : 0;
    }
    double sum = 0;
    for (int bin = 0; bin < bins; bin++) {
      int code = code(bin, bins, highest);
      double p = clipped[bin] / total;
      sum += clipped[bin] == 0 ? 0 : p * Math.log(p / (mass[code] / nonEmpty[code] / within));
    }
    return sum;
  }

  private static int code(int bin, int bins, int highest) {
    return (int) Math.rint((bin + 0.5) * highest / bins);
  }
}
