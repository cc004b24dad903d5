package org.lsq4j.training;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.network.Networks;
import org.lsq4j.quantizer.QuantizerRole;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Looks for NaN and infinity in a network's parameters or gradients, and remembers what parameters
 * were when they were last finite. Step sizes and offsets are few and cost little to look at.
 */
final class HealthyValues {

  /** Up to so many numbers are read one by one; an operation of ND4J takes longer. */
  private static final long FEW = 64;

  private final List<Place> all = new ArrayList<>();
  private final List<Place> steps = new ArrayList<>();
  private final Map<Place, Seen> healthy = new HashMap<>();

  /** The largest magnitude of a parameter's values, after an update. */
  private record Seen(double magnitude, int iteration) {}

  /** A parameter of a layer. */
  record Place(Layer layer, String key) {

    // By identity: a layer's hash code changes with its activations.
    @Override
    public boolean equals(Object other) {
      return other instanceof Place place && place.layer == layer && place.key.equals(key);
    }

    @Override
    public int hashCode() {
      return 31 * System.identityHashCode(layer) + key.hashCode();
    }

    INDArray values() {
      return layer.getParam(key);
    }

    @Override
    public String toString() {
      return key + " of layer " + Networks.nameOf(layer);
    }
  }

  HealthyValues(NeuralNetwork network) {
    for (Layer layer : Networks.layers(network)) {
      layer.paramTable().keySet().forEach(key -> all.add(new Place(layer, key)));
      if (layer instanceof QuantizedLayer quantized) {
        for (QuantizerRole role : QuantizerRole.values()) {
          quantized
              .quantizers()
              .tensors(role)
              .ifPresent(
                  tensors -> {
                    steps.add(new Place(layer, QuantizedParamInitializer.stepKey(role)));
                    tensors
                        .learnedOffset()
                        .ifPresent(
                            offset ->
                                steps.add(
                                    new Place(layer, QuantizedParamInitializer.offsetKey(role))));
                  });
        }
      }
    }
  }

  /** The first broken parameter: of step sizes and offsets only, or of all. */
  Optional<String> brokenParameter(Scope scope) {
    return firstBroken(scope, Place::values)
        .map(
            place ->
                String.format(
                    Locale.ROOT, "parameter %s is no longer finite (%s)", place, last(place)));
  }

  /** The first broken gradient. */
  Optional<String> brokenGradient(Scope scope, StepGradients gradients) {
    return firstBroken(scope, place -> gradients.of(place.layer, place.key))
        .map(place -> "the gradient of parameter " + place + " is not finite");
  }

  /** What is looked at. */
  enum Scope {
    /** Step sizes and offsets. */
    STEPS,
    /** Everything. */
    ALL
  }

  private Optional<Place> firstBroken(Scope scope, Function<Place, INDArray> values) {
    for (Place place : scope == Scope.ALL ? all : steps) {
      INDArray array = values.apply(place);
      if (array != null && !isFinite(array)) {
        return Optional.of(place);
      }
    }
    return Optional.empty();
  }

  private static boolean isFinite(INDArray array) {
    if (array.length() > FEW) {
      return Double.isFinite(array.sumNumber().doubleValue());
    }
    for (int i = 0; i < array.length(); i++) {
      if (!Double.isFinite(array.getDouble(i))) {
        return false;
      }
    }
    return true;
  }

  /** Remembers those parameters that are finite before a training begins or goes on. */
  void rememberFinite(int iteration) {
    for (Place place : all) {
      if (isFinite(place.values())) {
        healthy.put(place, new Seen(magnitude(place.values()), iteration));
      }
    }
  }

  /** Remembers parameters that were found finite. */
  void remember(Scope scope, int iteration) {
    for (Place place : scope == Scope.ALL ? all : steps) {
      healthy.put(place, new Seen(magnitude(place.values()), iteration));
    }
  }

  private static double magnitude(INDArray array) {
    if (array.length() > FEW) {
      return array.amaxNumber().doubleValue();
    }
    double largest = 0;
    for (int i = 0; i < array.length(); i++) {
      largest = Math.max(largest, Math.abs(array.getDouble(i)));
    }
    return largest;
  }

  private String last(Place place) {
    Seen seen = healthy.get(place);
    return seen == null
        ? "it was not seen healthy"
        : String.format(
            Locale.ROOT,
            "last healthy in iteration %d with magnitude %.6g",
            seen.iteration,
            seen.magnitude);
  }
}
