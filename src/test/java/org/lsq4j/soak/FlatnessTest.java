package org.lsq4j.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What counts as flat. */
class FlatnessTest {

  private static final int SAMPLES = 200;
  private static final double HOURS = 2;

  @ParameterizedTest
  @EnumSource
  void noiseAndAWarmUpAreFlat(Measure measure) {
    Random random = new Random(1);
    double noise = measure.allowedGrowth(HOURS / 2) / 4;
    Flatness flatness =
        Flatness.of(
            measure, samples(hour -> Math.min(hour, 0.5) * 1000 + noise * random.nextGaussian()));
    assertTrue(flatness.isFlat(), flatness::toString);
  }

  @ParameterizedTest
  @EnumSource
  void aLeakIsNot(Measure measure) {
    double perHour = 1.1 * measure.allowedGrowth(HOURS / 2) / (HOURS / 2);
    Flatness flatness = Flatness.of(measure, samples(hour -> 100 + perHour * hour));
    assertFalse(flatness.isFlat(), flatness::toString);
    assertEquals(perHour * HOURS / 2, flatness.growth(), 0.02 * perHour);
    assertEquals(100 + perHour * HOURS / 2, flatness.start(), 0.02 * perHour);
  }

  @Test
  void whatShrinksIsFlat() {
    assertTrue(Flatness.of(Measure.RESIDENT, samples(hour -> 5000 - 1000 * hour)).isFlat());
  }

  @Test
  void fewSamplesAreNoVerdict() {
    List<Samples.Sample> few = samples(hour -> 1).subList(0, 4);
    assertThrows(IllegalArgumentException.class, () -> Flatness.of(Measure.HEAP, few));
  }

  private static List<Samples.Sample> samples(DoubleUnaryOperator value) {
    return IntStream.rangeClosed(1, SAMPLES)
        .mapToDouble(i -> i * HOURS / SAMPLES)
        .mapToObj(
            hour ->
                new Samples.Sample(
                    hour,
                    0,
                    Collections.nCopies(Measure.values().length, value.applyAsDouble(hour))))
        .toList();
  }
}
