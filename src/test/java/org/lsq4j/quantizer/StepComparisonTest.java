package org.lsq4j.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StepComparisonTest {

  /** The grid's fineness. */
  private static final double WITHIN = 0.004;

  private static final double[] ONE = {1};
  private static final double[] ZERO = {0};

  private static StepComparison of(double[] x, QuantizerSpec spec, double step) {
    return StepComparison.of(x, spec, ChannelLayout.PER_TENSOR, new double[] {step}, ZERO);
  }

  /**
   * One bit, codes 0 and 1. Up to k = 2 all values have code 1: the mean squared error is least at
   * their mean, 1.35, the mean absolute error at their median, 1. Beyond, the ones become 0, which
   * is worse.
   */
  @Test
  void minimisersAreMeanAndMedianOfOneBit() {
    double[] x = {1, 1, 1, 2.4};
    StepComparison found = of(x, QuantizerSpec.activations(1, CodeSign.UNSIGNED), 1);

    assertEquals(1.35, found.squared(), 1.35 * WITHIN);
    assertEquals(1, found.absolute(), WITHIN);
    double power = (3 + 2.4 * 2.4) / 4;
    assertEquals(1.4 * 1.4 / 4 / power, found.error(), 1e-12);
    assertEquals(0.3675 / power, found.leastError(), 1e-4);
  }

  @Test
  void aFactorIsRelativeToTheStep() {
    double[] x = {1, 1, 1, 2.4};
    StepComparison found = of(x, QuantizerSpec.activations(1, CodeSign.UNSIGNED), 0.5);
    assertEquals(2.7, found.squared(), 2.7 * WITHIN);
    assertEquals(2, found.absolute(), 2 * WITHIN);
  }

  private static double[] normal(int count, long seed) {
    Random random = new Random(seed);
    return random.doubles(count).map(ignored -> random.nextGaussian()).toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void agreesWithTheInitialisers(int bits) {
    double[] x = normal(StepComparison.MOST_VALUES, 5);
    QuantizerSpec spec = QuantizerSpec.weights(bits);
    CalibrationSample sample = new CalibrationSample();
    Arrays.stream(x).forEach(sample::add);
    double mse =
        Initializers.initialize(
                sample, spec.withInitializer(InitializerKind.MSE), QuantizerRole.WEIGHT)
            .step();
    double kl =
        Initializers.initialize(
                sample, spec.withInitializer(InitializerKind.KL), QuantizerRole.WEIGHT)
            .step();
    StepComparison found = of(x, spec, 0.4);

    double leastError = of(x, spec, mse).error();
    assertTrue(found.leastError() <= leastError * 1.002, found.leastError() + " " + leastError);
    assertEquals(kl / 0.4, found.divergence().orElseThrow(), 1e-12);
  }

  @Test
  void offsetsAndChannelsAreTakenOut() {
    double[] x = normal(500, 7);
    QuantizerSpec spec = QuantizerSpec.weights(3);
    StepComparison expected = of(x, spec, 0.6);

    double[] moved = Arrays.stream(x).map(value -> value + 5).toArray();
    StepComparison withOffset =
        StepComparison.of(
            moved,
            spec.withOffset(OffsetMode.REAL),
            ChannelLayout.PER_TENSOR,
            new double[] {0.6},
            new double[] {5});
    assertEquals(expected.squared(), withOffset.squared(), 1e-9);
    assertEquals(expected.absolute(), withOffset.absolute(), 1e-9);
    assertEquals(OptionalDouble.empty(), withOffset.divergence());

    double[] both = new double[2 * x.length];
    for (int i = 0; i < x.length; i++) {
      both[i] = x[i];
      both[x.length + i] = 10 * x[i];
    }
    StepComparison perChannel =
        StepComparison.of(
            both,
            spec.withGranularity(Granularity.PER_CHANNEL),
            new ChannelLayout(2, x.length),
            new double[] {0.6, 6},
            new double[2]);
    assertEquals(expected.squared(), perChannel.squared(), 1e-9);
    assertEquals(expected.error(), perChannel.error(), 1e-9);
    assertEquals(OptionalDouble.empty(), perChannel.divergence());
  }

  @Test
  void zerosHaveNoError() {
    StepComparison found = of(new double[4], QuantizerSpec.weights(2), 1);
    assertEquals(0, found.error());
    assertEquals(1, found.squared());
    assertEquals(OptionalDouble.empty(), found.divergence());
  }

  @Test
  void noValuesAreRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            StepComparison.of(
                new double[0], QuantizerSpec.weights(2), ChannelLayout.PER_TENSOR, ONE, ZERO));
  }
}
