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
}
