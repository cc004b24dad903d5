package org.lsq4j.network;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.lsq4j.layer.LayerQuantization;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.GradientScale;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.InitializerKind;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerSpec;

/**
 * How a network is to be quantized: bits, what the first and last layer get, exceptions. Immutable;
 * made by {@link #builder}.
 *
 * <p>Defaults are LSQ's recipe: per-tensor steps, first and last layer at 8 bits, no offset except
 * where inputs are {@linkplain InputValues#SKEWED skewed}, which is LSQ+. Quantizers of up to 4
 * bits start with LSQ's step; wider ones and those with an offset with the parameters of least
 * squared error: LSQ's formula is about six times too wide at 8 bits.
 */
public final class QuantizationPolicy {

  /** Widest quantizers that start with LSQ's step unless an initializer is named. */
  private static final int LSQ_INITIALIZER_BITS = 4;

  private final int weightBits;
  private final int inputBits;
  private final QuantizerChoices choices;
  private final int edgeBits;
  private final CodeSign networkInput;
  private final Map<String, LayerException> exceptions;

  private QuantizationPolicy(Builder builder) {
    weightBits = builder.weightBits;
    inputBits = builder.inputBits;
    choices = builder.choices;
    edgeBits = builder.edgeBits;
    networkInput = builder.networkInput;
    exceptions = new LinkedHashMap<>(builder.exceptions);
  }

  /** Starts a policy with the bits of weights and input activations, 2 to 8. */
  public static Builder builder(int weightBits, int inputBits) {
    return new Builder(weightBits, inputBits);
  }

  /** This policy with a further exception, which counts before all others. */
  public QuantizationPolicy withException(String pattern, LayerException exception) {
    Builder builder = new Builder(weightBits, inputBits).choices(choices);
    builder.edgeBits = edgeBits;
    builder.networkInput = networkInput;
    builder.exceptions.putAll(exceptions);
    return builder.exception(pattern, exception).build();
  }

  /** What can be negative in the network's own input. */
  CodeSign networkInput() {
    return networkInput;
  }

  /** Exceptions by layer name or pattern, in the order given. */
  Map<String, LayerException> exceptions() {
    return exceptions;
  }

  /**
   * What is to be known of a layer.
   *
   * @param edge whether it is a first or last one
   * @param range of its input
   * @param exception to the policy
   */
  record Case(boolean edge, InputRange range, LayerException exception) {}

  /** The quantizers of a layer. */
  LayerQuantization quantization(Case layer) {
    QuantizerChoices own = layer.exception.choices().orElse(choices);
    return LayerQuantization.of(weights(layer, own), inputs(layer, own))
        .withStepRate(own.stepRate());
  }

  private QuantizerSpec weights(Case layer, QuantizerChoices own) {
    QuantizerSpec spec =
        QuantizerSpec.weights(bits(layer, layer.exception.weightBits(), weightBits))
            .withGranularity(own.weightGranularity())
            .withGradientScale(own.gradientScale());
    // LSQ+'s formula for weights leaves an offset at 0.
    return withOffset(spec, own.weightOffset(), own.initializer(), InitializerKind.MSE);
  }

  private QuantizerSpec inputs(Case layer, QuantizerChoices own) {
    InputValues values = layer.range.values();
    OffsetMode offset = own.inputOffset().modeFor(values);
    QuantizerSpec spec =
        QuantizerSpec.activations(
                bits(layer, layer.exception.inputBits(), inputBits),
                codes(layer, own).signFor(values, offset))
            .withGradientScale(own.gradientScale());
    return withOffset(spec, offset, own.initializer(), InitializerKind.LSQ_PLUS);
  }

  /** The network's own input is known: one choice for all layers must not cut off its half. */
  private static CodesChoice codes(Case layer, QuantizerChoices own) {
    boolean followsInput =
        layer.range.origin() == InputRange.Origin.NETWORK_INPUT
            && layer.exception.choices().inputCodes() == null;
    return followsInput ? CodesChoice.AUTO : own.inputCodes();
  }

  private int bits(Case layer, Integer exceptional, int general) {
    if (exceptional != null) {
      return exceptional;
    }
    return layer.edge ? Math.max(general, edgeBits) : general;
  }

  /** Offset and initializer come together: not every initializer finds an offset. */
  private static QuantizerSpec withOffset(
      QuantizerSpec spec, OffsetMode offset, InitializerKind chosen, InitializerKind forOffset) {
    InitializerKind byBits =
        spec.bits() <= LSQ_INITIALIZER_BITS ? InitializerKind.LSQ : InitializerKind.MSE;
    InitializerKind usual = offset == OffsetMode.NONE ? byBits : forOffset;
    return spec.withInitializer(chosen == null ? usual : chosen).withOffset(offset);
  }

  /** Builds a policy. */
  public static final class Builder {

    private final int weightBits;
    private final int inputBits;
    private QuantizerChoices choices = QuantizerChoices.DEFAULTS;
    private int edgeBits = CodeRange.MAX_BITS;
    private CodeSign networkInput = CodeSign.SIGNED;
    private final Map<String, LayerException> exceptions = new LinkedHashMap<>();

    private Builder(int weightBits, int inputBits) {
      BitWidths.require("weight", weightBits, CodeSign.SIGNED);
      BitWidths.require("input", inputBits, CodeSign.SIGNED);
      this.weightBits = weightBits;
      this.inputBits = inputBits;
    }

    /** Everything but bits at once; what is not chosen stays as it was. */
    public Builder choices(QuantizerChoices chosen) {
      choices = chosen.orElse(choices);
      return this;
    }

    /** One step for the weights of a layer (default), or one for each output channel. */
    public Builder weightGranularity(Granularity granularity) {
      return choices(QuantizerChoices.NONE.withWeightGranularity(granularity));
    }

    /** LSQ+: which inputs learn an offset; by default those that can gain by it. */
    public Builder inputOffset(OffsetChoice choice) {
      return choices(QuantizerChoices.NONE.withInputOffset(choice));
    }

    /** The same offset mode for all inputs. */
    public Builder inputOffset(OffsetMode mode) {
      return inputOffset(OffsetChoice.always(mode));
    }

    /**
     * Signed or unsigned codes of inputs; by default those that can hold the values. The network's
     * own input always gets the latter, unless an exception says something else.
     */
    public Builder inputCodes(CodesChoice choice) {
      return choices(QuantizerChoices.NONE.withInputCodes(choice));
    }

    /** One initializer for all quantizers, instead of the default by bit width and offset. */
    public Builder initializer(InitializerKind kind) {
      return choices(QuantizerChoices.NONE.withInitializer(kind));
    }

    /** How the gradients of steps and offsets are scaled; per sample by default. */
    public Builder gradientScale(GradientScale scale) {
      return choices(QuantizerChoices.NONE.withGradientScale(scale));
    }

    /** Fewest bits of the first and the last layer; 8 by default, 2 treats them like the others. */
    public Builder edgeBits(int bits) {
      BitWidths.require("edge", bits, CodeSign.SIGNED);
      edgeBits = bits;
      return this;
    }

    /** Whether the network's input can be negative; signed by default. */
    public Builder networkInput(CodeSign sign) {
      networkInput = Objects.requireNonNull(sign, "networkInput");
      return this;
    }

    /**
     * Treats some layers differently. Of several matching patterns the later one counts, choice by
     * choice.
     *
     * @param pattern a layer's name, in which * stands for any characters and ? for one
     * @param exception what these layers get
     */
    public Builder exception(String pattern, LayerException exception) {
      // A pattern given again counts at its new place.
      exceptions.remove(pattern);
      exceptions.put(pattern, exception);
      return this;
    }

    /** The policy. */
    public QuantizationPolicy build() {
      return new QuantizationPolicy(this);
    }
  }
}
