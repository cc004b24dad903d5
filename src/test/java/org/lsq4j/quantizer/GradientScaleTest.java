package org.lsq4j.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GradientScaleTest {

  private static final int DRAWS = 60;
  private static final CodeRange RANGE = new CodeRange(-4, 3);

  @Test
  void countsTheElementsItSays() {
    assertEquals(1, GradientScale.NONE.of(1200, 4, RANGE));
    assertEquals(1 / Math.sqrt(900), GradientScale.PER_SAMPLE.of(1200, 4, RANGE), 1e-15);
    assertEquals(1 / Math.sqrt(3600), GradientScale.PER_BATCH.of(1200, 4, RANGE), 1e-15);
    assertEquals(1 / Math.sqrt(300), GradientScale.WITHOUT_RANGE.of(1200, 4, RANGE), 1e-15);
  }

  @Test
  void refusesNoElements() {
    assertThrows(IllegalArgumentException.class, () -> GradientScale.NONE.of(0, 1, RANGE));
    assertThrows(IllegalArgumentException.class, () -> GradientScale.NONE.of(1, 0, RANGE));
  }

  /**
   * LSQ, section 2.2: R = (|ds| / s) / (||dw|| / ||w||) is about sqrt(N p), and g brings it near 1.
   */
  @ParameterizedTest
  @CsvSource({
    "2, 64",
    "2, 1024",
    "2, 16384",
    "3, 64",
    "3, 1024",
    "3, 16384",
    "4, 64",
    "4, 1024",
    "4, 16384",
    "8, 64",
    "8, 1024",
    "8, 16384"
  })
  void balancesUpdatesOfStepAndWeights(int bits, int elements) {
    QuantizerSpec spec = QuantizerSpec.weights(bits);
    double g = GradientScale.PER_SAMPLE.of(elements, 1, spec.range());
    double unscaled = meanRatio(spec, elements, 1) / Math.sqrt(elements * spec.range().highest());
    double scaled = meanRatio(spec, elements, g);
    assertTrue(unscaled > 0.1 && unscaled < 0.3, () -> "unscaled " + unscaled);
    assertTrue(scaled > 0.1 && scaled < 0.3, () -> "scaled " + scaled);
  }

  private static double meanRatio(QuantizerSpec spec, int elements, double g) {
    return IntStream.range(0, DRAWS)
        .mapToDouble(draw -> ratio(spec, elements, g, draw))
        .average()
        .orElseThrow();
  }

  private static double ratio(QuantizerSpec spec, int elements, double g, int draw) {
    double[] weights = RandomValues.gaussian(2L * draw, elements);
    double[] upstream = RandomValues.gaussian(2L * draw + 1, elements);
    double step =
        Initializers.initialize(RandomValues.sample(weights), spec, QuantizerRole.WEIGHT).step();
    FakeQuantizer quantizer =
        new FakeQuantizer(spec, ChannelLayout.PER_TENSOR, new double[] {step}, new double[1]);
    FakeQuantizer.Gradients gradients = quantizer.backward(weights, upstream, g);
    return Math.abs(gradients.step()[0]) / step / (norm(gradients.input()) / norm(weights));
  }

  private static double norm(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }
}
