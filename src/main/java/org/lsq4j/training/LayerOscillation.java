package org.lsq4j.training;

import java.util.List;

/**
 * How many weights of a layer jump between two codes.
 *
 * @param layer the layer's name
 * @param weights number of weights
 * @param oscillating share of weights whose frequency of oscillations exceeds {@link #OSCILLATING},
 *     0 to 1
 * @param frozen share of weights that are frozen, 0 to 1
 */
public record LayerOscillation(String layer, long weights, double oscillating, double frozen) {

  /** Oscillations an update above which Nagel et al. (2022) call a weight oscillating. */
  public static final double OSCILLATING = 0.005;

  /** Share of all weights of several layers that oscillate; 0 for no weights. */
  public static double oscillatingShare(List<LayerOscillation> layers) {
    long weights = layers.stream().mapToLong(LayerOscillation::weights).sum();
    double oscillating = layers.stream().mapToDouble(l -> l.oscillating * l.weights).sum();
    return weights == 0 ? 0 : oscillating / weights;
  }
}
