package org.lsq4j.training;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Bits for every layer within a budget, from what each layer alone loses. Losses of several layers
 * are taken to add up, which is roughly true while they are small, and gains to be chance: no loss.
 *
 * @param bits of weights and inputs by layer; 32 for float
 * @param meanBits bits of weights, mean over all weights
 */
public record BitAllocation(Map<String, Integer> bits, double meanBits) {

  /** Keeps the order of the layers. */
  public BitAllocation {
    bits = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(bits));
  }

  /**
   * Greedy: again and again the layer is lowered that loses least for each bit saved, to whichever
   * of its tried bits that is, until the budget is met. The last layers may have saved more than
   * was needed; what is left goes to those that gain most for each bit.
   *
   * @param measured all layers with all bits they were tried with
   * @param budget most bits of weights, mean over all weights
   * @throws IllegalArgumentException if even the fewest bits are too many
   */
  public static BitAllocation of(List<LayerSensitivity> measured, double budget) {
    Search search = new Search(measured);
    while (search.mean() > budget) {
      search.apply(
          search
              .cheapestSaving()
              .orElseThrow(() -> new IllegalArgumentException(outOfReach(measured, budget))));
    }
    Optional<Move> gain = search.bestGain(budget);
    while (gain.isPresent()) {
      search.apply(gain.get());
      gain = search.bestGain(budget);
    }
    return new BitAllocation(search.bits(), search.mean());
  }

  private static String outOfReach(List<LayerSensitivity> measured, double budget) {
    return String.format(
        Locale.ROOT,
        "budget: %s bits in the mean cannot be reached, because the fewest bits tried are %d",
        budget,
        measured.stream().mapToInt(LayerSensitivity::bits).min().orElse(0));
  }

  /** A layer at some bits. */
  private record Level(String layer, long weights, int bits, double loss) {}

  /** A layer's change of level. */
  private record Move(Level from, Level to) {

    long savedBits() {
      return from.weights * (from.bits - to.bits);
    }

    /** Loss for each bit saved, and equally the gain for each bit spent. */
    double rate() {
      return (to.loss - from.loss) / savedBits();
    }
  }

  /** The levels that layers are at. */
  private static final class Search {

    private final List<Level> levels;
    private final Map<String, Level> current = new LinkedHashMap<>();

    Search(List<LayerSensitivity> measured) {
      levels =
          measured.stream()
              .flatMap(layer -> Stream.of(untouched(layer), lowered(layer)))
              .distinct()
              .toList();
      measured.forEach(layer -> current.put(layer.layer(), untouched(layer)));
    }

    private static Level untouched(LayerSensitivity layer) {
      return new Level(layer.layer(), layer.weights(), layer.restBits(), 0);
    }

    private static Level lowered(LayerSensitivity layer) {
      return new Level(
          layer.layer(), layer.weights(), layer.bits(), Math.max(0, layer.lossAdded()));
    }

    private Stream<Move> moves() {
      return levels.stream().map(level -> new Move(current.get(level.layer), level));
    }

    Optional<Move> cheapestSaving() {
      return moves()
          .filter(move -> move.savedBits() > 0)
          .min(
              Comparator.comparingDouble(Move::rate)
                  .thenComparing(Comparator.comparingLong(Move::savedBits).reversed()));
    }

    Optional<Move> bestGain(double budget) {
      double spare = budget * weights() - totalBits();
      return moves()
          .filter(move -> move.to.loss < move.from.loss && -move.savedBits() <= spare)
          .max(Comparator.comparingDouble(Move::rate));
    }

    void apply(Move move) {
      current.put(move.to.layer, move.to);
    }

    double mean() {
      return totalBits() / weights();
    }

    private double totalBits() {
      return current.values().stream().mapToDouble(level -> level.weights * level.bits).sum();
    }

    private double weights() {
      return current.values().stream().mapToDouble(Level::weights).sum();
    }

    Map<String, Integer> bits() {
      Map<String, Integer> bits = new LinkedHashMap<>();
      current.forEach((layer, level) -> bits.put(layer, level.bits));
      return bits;
    }
  }
}
