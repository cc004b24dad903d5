package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BitAllocationTest {

  @Test
  void theLayerThatLosesLeastForEachBitGoesFirst() {
    // 0.2 / 600 bits, 0.1 / 60 bits, 0.5 / 600 bits.
    List<LayerSensitivity> measured =
        List.of(layer("a", 100, 2, 0.2), layer("b", 10, 2, 0.1), layer("c", 100, 2, 0.5));
    BitAllocation once = BitAllocation.of(measured, 6);
    assertEquals(Map.of("a", 2, "b", 8, "c", 8), once.bits());
    assertEquals((200 + 80 + 800) / 210.0, once.meanBits());
    assertEquals(Map.of("a", 2, "b", 8, "c", 2), BitAllocation.of(measured, 3).bits());
    assertEquals(Map.of("a", 2, "b", 2, "c", 2), BitAllocation.of(measured, 2).bits());
  }

  @Test
  void nothingIsLoweredWithoutNeed() {
    List<LayerSensitivity> measured = List.of(layer("a", 100, 2, 0), layer("b", 10, 2, 0.1));
    assertEquals(Map.of("a", 8, "b", 8), BitAllocation.of(measured, 8).bits());
  }

  @Test
  void everyTriedNumberOfBitsIsConsidered() {
    List<LayerSensitivity> measured =
        List.of(
            layer("a", 100, 4, 0.01),
            layer("a", 100, 2, 5),
            layer("b", 100, 4, 0.02),
            layer("b", 100, 2, 0.03));
    // To 4 bits first, a for 0.01 / 400; then b for 0.03 / 600, at once to 2.
    assertEquals(Map.of("a", 4, "b", 2), BitAllocation.of(measured, 3).bits());
  }

  /** The large layer saves more than is needed: the small one gets its bits back. */
  @Test
  void whatIsLeftOfTheBudgetIsSpent() {
    List<LayerSensitivity> measured =
        List.of(layer("small", 10, 2, 0.001), layer("large", 1_000, 2, 0.9));
    BitAllocation allocation = BitAllocation.of(measured, 4);
    assertEquals(Map.of("small", 8, "large", 2), allocation.bits());
    assertTrue(allocation.meanBits() <= 4);
  }

  /** Better at fewer bits is chance; of two such layers the larger is lowered. */
  @Test
  void gainsCountAsNoLoss() {
    List<LayerSensitivity> measured =
        List.of(layer("lucky", 10, 2, -0.5), layer("large", 100, 2, 0));
    assertEquals(Map.of("lucky", 8, "large", 2), BitAllocation.of(measured, 7).bits());
  }

  @Test
  void impossibleBudgetsAreErrors() {
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> BitAllocation.of(List.of(layer("a", 100, 3, 0)), 2.5));
    assertTrue(error.getMessage().startsWith("budget: 2.5"), error.getMessage());
    assertTrue(error.getMessage().endsWith("are 3"), error.getMessage());
  }

  /** Against all allocations of three layers: never above the budget, and near the best. */
  @Test
  void isNearlyAsGoodAsTryingEverything() {
    Random random = new Random(1);
    for (int round = 0; round < 200; round++) {
      List<LayerSensitivity> measured = new ArrayList<>();
      for (String name : List.of("a", "b", "c")) {
        long weights = 1 + random.nextInt(100);
        double loss = random.nextDouble();
        measured.add(layer(name, weights, 4, loss * 0.1));
        measured.add(layer(name, weights, 2, loss));
      }
      double budget = 2 + 6 * random.nextDouble();
      BitAllocation found = BitAllocation.of(measured, budget);
      assertTrue(found.meanBits() <= budget);
      assertEquals(found.meanBits(), mean(measured, found.bits()), 1e-9);
      double best = best(measured, budget);
      double loss = loss(measured, found.bits());
      assertTrue(loss <= best + 0.5, () -> loss + " against " + best + " of " + measured);
    }
  }

  private static double best(List<LayerSensitivity> measured, double budget) {
    double best = Double.POSITIVE_INFINITY;
    int[] widths = {8, 4, 2};
    for (int choice = 0; choice < 27; choice++) {
      Map<String, Integer> bits =
          Map.of("a", widths[choice / 9], "b", widths[choice / 3 % 3], "c", widths[choice % 3]);
      if (mean(measured, bits) <= budget) {
        best = Math.min(best, loss(measured, bits));
      }
    }
    return best;
  }

  private static double loss(List<LayerSensitivity> measured, Map<String, Integer> bits) {
    return measured.stream()
        .filter(layer -> bits.get(layer.layer()) == layer.bits())
        .mapToDouble(LayerSensitivity::lossAdded)
        .sum();
  }

  private static double mean(List<LayerSensitivity> measured, Map<String, Integer> bits) {
    double sum = 0;
    double weights = 0;
    for (LayerSensitivity layer : measured) {
      sum += layer.weights() * bits.get(layer.layer());
      weights += layer.weights();
    }
    return sum / weights;
  }

  private static LayerSensitivity layer(String name, long weights, int bits, double loss) {
    return new LayerSensitivity(name, weights, 8, bits, new PredictionScore(0, 0), 0, loss, 0);
  }
}
