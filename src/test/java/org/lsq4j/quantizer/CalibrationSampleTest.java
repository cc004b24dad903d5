package org.lsq4j.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.stat.StatUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CalibrationSampleTest {

  private static final int MANY = 5 * CalibrationSample.CAPACITY;

  @Test
  void statisticsAreThoseOfAllValues() {
    double[] values = RandomValues.gaussian(1, MANY);
    CalibrationSample sample = RandomValues.sample(values);
    assertEquals(MANY, sample.count());
    assertEquals(StatUtils.min(values), sample.min());
    assertEquals(StatUtils.max(values), sample.max());
    assertEquals(Math.max(-sample.min(), sample.max()), sample.maxAbs());
    assertEquals(StatUtils.mean(values), sample.mean(), 1e-12);
    assertEquals(
        Math.sqrt(StatUtils.populationVariance(values)), sample.standardDeviation(), 1e-12);
    double meanAbs = Arrays.stream(values).map(Math::abs).average().orElseThrow();
    assertEquals(meanAbs, sample.meanAbs(), 1e-12);
  }

  @Test
  void aFarMeanDoesNotCancel() {
    float[] values = new float[100_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = 1e7f + (i % 2);
    }
    CalibrationSample sample = new CalibrationSample();
    sample.addAll(values);
    assertEquals(0.5, sample.standardDeviation(), 1e-9);
    assertEquals(1e7 + 0.5, sample.mean(), 1e-6);
  }

  @Test
  void howCallsAreSplitDoesNotMatter() {
    float[] values = RandomValues.floats(RandomValues.gaussian(2, MANY));
    CalibrationSample whole = new CalibrationSample(7);
    whole.addAll(values);
    CalibrationSample single = new CalibrationSample(7);
    for (float value : values) {
      single.add(value);
    }
    CalibrationSample pieces = new CalibrationSample(7);
    for (int from = 0; from < MANY; from += 1_000) {
      pieces.addAll(values, from, Math.min(from + 1_000, MANY));
    }
    assertArrayEquals(whole.values(), single.values());
    assertArrayEquals(whole.values(), pieces.values());
    assertEquals(whole.standardDeviation(), single.standardDeviation(), 1e-12);
    assertEquals(whole.mean(), pieces.mean(), 1e-12);
  }

  @Test
  void fewValuesAreAllKept() {
    float[] values = RandomValues.floats(RandomValues.gaussian(3, CalibrationSample.CAPACITY));
    CalibrationSample sample = new CalibrationSample();
    sample.addAll(values);
    double[] kept = sample.values();
    assertEquals(values.length, kept.length);
    for (int i = 0; i < kept.length; i++) {
      assertEquals(values[i], kept[i]);
    }
  }

  @Test
  void keptValuesAreAUniformChoice() {
    int count = 2_000_000;
    float[] ramp = new float[count];
    for (int i = 0; i < count; i++) {
      ramp[i] = i;
    }
    CalibrationSample sample = new CalibrationSample(11);
    sample.addAll(ramp);
    double[] kept = sample.values();
    assertEquals(CalibrationSample.CAPACITY, kept.length);
    assertEquals(kept.length, Arrays.stream(kept).distinct().count());
    // Each tenth of the stream should hold a tenth of the sample; five standard deviations are 192.
    int[] tenths = new int[10];
    for (double value : kept) {
      tenths[(int) (value * 10 / count)]++;
    }
    for (int tenth : tenths) {
      assertEquals(CalibrationSample.CAPACITY / 10.0, tenth, 192);
    }
  }

  @Test
  void seedDecidesWhatIsKept() {
    float[] values = RandomValues.floats(RandomValues.gaussian(4, MANY));
    CalibrationSample one = new CalibrationSample(1);
    CalibrationSample other = new CalibrationSample(2);
    one.addAll(values);
    other.addAll(values);
    assertFalse(Arrays.equals(one.values(), other.values()));
  }

  @Test
  void channelsOfATensor() {
    float[] values = {1, 2, 10, 20, 3, 4, 30, 40};
    List<CalibrationSample> inner = CalibrationSample.ofChannels(values, new ChannelLayout(2, 2));
    assertArrayEquals(new double[] {1, 2, 3, 4}, inner.get(0).values());
    assertArrayEquals(new double[] {10, 20, 30, 40}, inner.get(1).values());
    List<CalibrationSample> last = CalibrationSample.ofChannels(values, new ChannelLayout(2, 1));
    assertArrayEquals(new double[] {1, 10, 3, 30}, last.get(0).values());
    List<CalibrationSample> all = CalibrationSample.ofChannels(values, ChannelLayout.PER_TENSOR);
    assertEquals(8, all.get(0).count());
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void valuesThatAreNotFiniteAreNamedAndNothingIsAdded(float bad) {
    CalibrationSample sample = new CalibrationSample();
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class, () -> sample.addAll(new float[] {1, 2, bad, 3}));
    assertTrue(error.getMessage().contains(bad + " at index 2"), error.getMessage());
    assertEquals(0, sample.count());
    assertThrows(IllegalArgumentException.class, () -> sample.add(bad));
  }

  @Test
  void doublesThatAreInfiniteAsFloatsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new CalibrationSample().add(1e300));
  }

  @Test
  void anEmptySampleHasNoStatistics() {
    CalibrationSample sample = new CalibrationSample();
    assertEquals(0, sample.values().length);
    IllegalArgumentException error = assertThrows(IllegalArgumentException.class, sample::meanAbs);
    assertTrue(error.getMessage().contains("saw no values"), error.getMessage());
  }

  @Test
  void rangeOutsideTheArrayIsRefused() {
    CalibrationSample sample = new CalibrationSample();
    assertThrows(IndexOutOfBoundsException.class, () -> sample.addAll(new float[3], 1, 4));
  }
}
