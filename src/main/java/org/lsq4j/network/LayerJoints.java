package org.lsq4j.network;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;

/**
 * Layers of a network that compute together while it is trained: a batch norm with the convolution
 * behind it, or its input quantizer, or with the sum behind it, and with the convolution before it.
 * What only the neighbour would read is then never written, or in the form that the neighbour
 * likes. Results agree with those of separate layers within float rounding; inference is as ever.
 * Engines that cannot do it, and passes in which somebody observes a quantizer or a batch norm,
 * compute apart.
 *
 * <p>In a training forward pass the activations of joined layers are not there for anybody else:
 * what DL4J hands to a listener's {@code onForwardPass} or returns from {@code feedForward(x,
 * true)} is undefined for these layers. So a network is joined by who trains it, for as long as
 * that lasts.
 */
public final class LayerJoints implements AutoCloseable {

  /** System property: {@code auto}, or {@code never} to join nothing. */
  static final String PROPERTY = "lsq4j.joints";

  private static final LayerJoints NONE = new LayerJoints(0, List.of());

  private final int count;
  private final List<Runnable> separations;

  private LayerJoints(int count, List<Runnable> separations) {
    this.count = count;
    this.separations = separations;
  }

  /**
   * Joins what can be joined, until the result is closed; nothing in a network in which layers
   * share a name.
   */
  public static LayerJoints join(NeuralNetwork network) {
    if (!isAllowed() || !haveOwnNames(Networks.layers(network))) {
      return NONE;
    }
    LayerJoiner joiner = new LayerJoiner(network);
    int count = joiner.join();
    return new LayerJoints(count, joiner.separations());
  }

  private static boolean haveOwnNames(List<Layer> layers) {
    return layers.stream().map(Networks::nameOf).distinct().count() == layers.size();
  }

  /** Joins what can be joined, but nothing if a listener of the network looks at activations. */
  public static LayerJoints joinUnlessWatched(NeuralNetwork network) {
    boolean isWatched =
        Networks.listeners(network).stream().anyMatch(LayerJoints::looksAtActivations);
    return isWatched ? NONE : join(network);
  }

  private static boolean isAllowed() {
    String policy = System.getProperty(PROPERTY, "auto");
    return switch (policy.toLowerCase(Locale.ROOT)) {
      case "auto" -> true;
      case "never" -> false;
      default ->
          throw new IllegalArgumentException(
              PROPERTY + ": must be auto or never, got '" + policy + "'");
    };
  }

  private static boolean looksAtActivations(TrainingListener listener) {
    return Stream.of(List.class, Map.class)
        .anyMatch(activations -> overridesForwardPass(listener.getClass(), activations));
  }

  private static boolean overridesForwardPass(Class<?> listener, Class<?> activations) {
    try {
      Class<?> declaring =
          listener.getMethod("onForwardPass", Model.class, activations).getDeclaringClass();
      return declaring != BaseTrainingListener.class && declaring != TrainingListener.class;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("DL4J's listeners are others than those known here", e);
    }
  }

  /** How many batch norms compute together with a layer behind or before them. */
  public int count() {
    return count;
  }

  /** Separates the layers. */
  @Override
  public void close() {
    separations.forEach(Runnable::run);
  }
}
