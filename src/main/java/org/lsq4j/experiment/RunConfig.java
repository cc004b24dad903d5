package org.lsq4j.experiment;

import java.util.Collection;
import java.util.Map;
import org.lsq4j.data.NormalizationKind;
import org.lsq4j.network.NearestName;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.quantizer.CodeRange;

/**
 * One quantized network.
 *
 * @param name names the run and its folder
 * @param from where it starts: {@code float}, or the name of a run before it
 * @param weights bits of weights, 2 to 8
 * @param inputs bits of the input activations of layers, 2 to 8
 * @param training what differs from the experiment's {@code training}
 * @param quantization what differs from the experiment's {@code quantization}
 * @param exceptions layers treated differently, by name or pattern with {@code *} and {@code ?}
 */
public record RunConfig(
    String name,
    String from,
    Integer weights,
    Integer inputs,
    TrainingConfig training,
    QuantizationConfig quantization,
    Map<String, LayerExceptionConfig> exceptions) {

  private static final int MIN_BITS = 2;

  /** Whether the run starts from the float network. */
  boolean startsFromFloat() {
    return from.equals(ExperimentConfig.FLOAT);
  }

  /**
   * Checks where the run starts.
   *
   * @param before names of the stages before it, the float one among them
   * @param after names of the runs after it
   */
  void checkStart(Collection<String> before, Collection<String> after) {
    if (before.contains(from)) {
      return;
    }
    if (from.equals(name)) {
      throw new IllegalArgumentException("from: run '" + name + "' cannot start from itself");
    }
    if (after.contains(from)) {
      throw new IllegalArgumentException(
          String.format(
              "from: run '%s' comes after '%s', and a run can only start from one before it; move"
                  + " it up",
              from, name));
    }
    throw new IllegalArgumentException(
        String.format(
            "from: there is no run '%s'; did you mean '%s'? Before '%s' there are: %s",
            from, NearestName.of(from, before).orElseThrow(), name, String.join(", ", before)));
  }

  /**
   * The policy for the conversion.
   *
   * @throws IllegalArgumentException if a value is missing or out of range; the message starts with
   *     its key
   */
  QuantizationPolicy toPolicy(NormalizationKind normalization) {
    requireBits("weights", weights);
    requireBits("inputs", inputs);
    QuantizationPolicy.Builder policy = QuantizationPolicy.builder(weights, inputs);
    At.key("quantization", () -> quantization.applyTo(policy, normalization));
    exceptions.forEach(
        (pattern, exception) ->
            At.key(
                "exceptions." + pattern,
                () -> policy.exception(pattern, exception.toLayerException())));
    return policy.build();
  }

  private static void requireBits(String key, Integer bits) {
    Required.value(key, bits);
    requireOptionalBits(key, bits);
  }

  static void requireOptionalBits(String key, Integer bits) {
    if (bits != null && (bits < MIN_BITS || bits > CodeRange.MAX_BITS)) {
      throw new IllegalArgumentException(
          String.format(
              "%s: bits must be %d to %d, got %d", key, MIN_BITS, CodeRange.MAX_BITS, bits));
    }
  }
}
