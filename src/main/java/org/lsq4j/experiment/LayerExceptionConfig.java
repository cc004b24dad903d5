package org.lsq4j.experiment;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.LinkedHashMap;
import java.util.Map;
import org.lsq4j.network.CodesChoice;
import org.lsq4j.network.LayerException;
import org.lsq4j.network.OffsetChoice;
import org.lsq4j.network.QuantizerChoices;
import org.lsq4j.quantizer.GradientScale;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.InitializerKind;
import org.lsq4j.quantizer.OffsetMode;

/**
 * How a layer is treated differently: the word {@code float}, or what its quantizers have. What a
 * file does not say is null: the layer has it like all others.
 *
 * @param weights bits of its weights
 * @param inputs bits of its input
 * @param stepRate learning rate of its step sizes and offsets as a multiple of the weights'
 * @param choices the other keys
 * @param keepFloat whether it is not quantized at all
 */
public record LayerExceptionConfig(
    Integer weights, Integer inputs, Double stepRate, QuantizerChoices choices, boolean keepFloat) {

  /** From a section of keys, those of {@code quantization} among them. */
  @JsonCreator
  static LayerExceptionConfig section(
      @JsonProperty("weights") Integer weights,
      @JsonProperty("inputs") Integer inputs,
      @JsonProperty("granularity") Granularity granularity,
      @JsonProperty("offset") OffsetChoice offset,
      @JsonProperty("codes") CodesChoice codes,
      @JsonProperty("weightOffset") OffsetMode weightOffset,
      @JsonProperty("initializer") InitializerKind initializer,
      @JsonProperty("gradientScale") GradientScale gradientScale,
      @JsonProperty("stepRate") Double stepRate) {
    return new LayerExceptionConfig(
        weights,
        inputs,
        stepRate,
        new QuantizerChoices(
            granularity, weightOffset, offset, codes, initializer, gradientScale, null),
        false);
  }

  /** From a word. */
  @JsonCreator
  static LayerExceptionConfig word(String word) {
    if (!word.equals(ExperimentConfig.FLOAT)) {
      throw new IllegalArgumentException(
          "must be the word float or a section such as {weights: 8, inputs: 8}");
    }
    return new LayerExceptionConfig(null, null, null, QuantizerChoices.NONE, true);
  }

  /** What a file says. */
  @JsonValue
  Object toYaml() {
    if (keepFloat) {
      return ExperimentConfig.FLOAT;
    }
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("weights", weights);
    keys.put("inputs", inputs);
    keys.put("granularity", choices.weightGranularity());
    keys.put("offset", choices.inputOffset());
    keys.put("codes", choices.inputCodes());
    keys.put("weightOffset", choices.weightOffset());
    keys.put("initializer", choices.initializer());
    keys.put("gradientScale", choices.gradientScale());
    keys.put("stepRate", stepRate);
    keys.values().removeIf(java.util.Objects::isNull);
    return keys;
  }

  LayerException toLayerException() {
    if (keepFloat) {
      return LayerException.FLOAT;
    }
    RunConfig.requireOptionalBits("weights", weights);
    RunConfig.requireOptionalBits("inputs", inputs);
    QuantizerChoices all = stepRate == null ? choices : choices.withStepRate(stepRate);
    return new LayerException(false, weights, inputs, all);
  }
}
