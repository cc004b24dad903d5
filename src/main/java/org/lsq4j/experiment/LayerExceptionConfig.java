package org.lsq4j.experiment;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.LinkedHashMap;
import java.util.Map;
import org.lsq4j.network.LayerException;

/**
 * How a layer is treated differently: the word {@code float}, or bits.
 *
 * @param weights bits of its weights; null as all others
 * @param inputs bits of its input; null as all others
 * @param keepFloat whether it is not quantized at all
 */
public record LayerExceptionConfig(Integer weights, Integer inputs, boolean keepFloat) {

  /** From a section with bits. */
  @JsonCreator
  static LayerExceptionConfig bits(
      @JsonProperty("weights") Integer weights, @JsonProperty("inputs") Integer inputs) {
    return new LayerExceptionConfig(weights, inputs, false);
  }

  /** From a word. */
  @JsonCreator
  static LayerExceptionConfig word(String word) {
    if (!word.equals(ExperimentConfig.FLOAT)) {
      throw new IllegalArgumentException(
          "must be the word float or a section such as {weights: 8, inputs: 8}");
    }
    return new LayerExceptionConfig(null, null, true);
  }

  /** What a file says. */
  @JsonValue
  Object toYaml() {
    if (keepFloat) {
      return ExperimentConfig.FLOAT;
    }
    Map<String, Integer> bits = new LinkedHashMap<>();
    bits.put("weights", weights);
    bits.put("inputs", inputs);
    return bits;
  }

  LayerException toLayerException() {
    if (keepFloat) {
      return LayerException.FLOAT;
    }
    RunConfig.requireOptionalBits("weights", weights);
    RunConfig.requireOptionalBits("inputs", inputs);
    return new LayerException(false, weights, inputs);
  }
}
