package org.lsq4j.network;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
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
 * <p>Defaults are LSQ's recipe: per-tensor steps, no offset, first and last layer at 8 bits.
 * Quantizers of up to 4 bits start with LSQ's step; wider ones with the step of least squared
 * error, because LSQ's formula is about six times too wide at 8 bits.
 */
public final class QuantizationPolicy {

  /** Widest quantizers that start with LSQ's step unless an initializer is named. */
  private static final int LSQ_INITIALIZER_BITS = 4;

  private final QuantizerSpec weights;
  private final QuantizerSpec inputs;
  private final InitializerKind initializer;
  private final int edgeBits;
  private final CodeSign networkInput;
  private final Map<String, LayerException> exceptions;

  private QuantizationPolicy(Builder builder) {
    weights = builder.weights;
    inputs = builder.inputs;
    initializer = builder.initializer;
    edgeBits = builder.edgeBits;
    networkInput = builder.networkInput;
    exceptions = new LinkedHashMap<>(builder.exceptions);
  }

  /** Starts a policy with the bits of weights and input activations, 2 to 8. */
  public static Builder builder(int weightBits, int inputBits) {
    return new Builder(weightBits, inputBits);
  }

  /** What can be negative in the network's own input. */
  CodeSign networkInput() {
    return networkInput;
  }

  /** Exceptions by layer name or pattern, in the order given. */
  Map<String, LayerException> exceptions() {
    return exceptions;
  }

  /** The weight quantizer of a layer. */
  QuantizerSpec weights(boolean edge, LayerException exception) {
    return spec(weights, exception.weightBits(), edge);
  }

  /** The input quantizer of a layer. */
  QuantizerSpec inputs(boolean edge, LayerException exception, CodeSign sign) {
    return spec(inputs.withSign(sign), exception.inputBits(), edge);
  }

  private QuantizerSpec spec(QuantizerSpec general, Integer exceptionalBits, boolean edge) {
    int bits = general.bits();
    if (exceptionalBits != null) {
      bits = exceptionalBits;
    } else if (edge) {
      bits = Math.max(bits, edgeBits);
    }
    InitializerKind kind = initializer;
    if (kind == null) {
      kind = bits <= LSQ_INITIALIZER_BITS ? InitializerKind.LSQ : InitializerKind.MSE;
      kind = general.learnsOffset() ? InitializerKind.LSQ_PLUS : kind;
    }
    return general.withBits(bits).withInitializer(kind);
  }

  /** Builds a policy. */
  public static final class Builder {

    private QuantizerSpec weights;
    private QuantizerSpec inputs;
    private InitializerKind initializer;
    private int edgeBits = CodeRange.MAX_BITS;
    private CodeSign networkInput = CodeSign.SIGNED;
    private final Map<String, LayerException> exceptions = new LinkedHashMap<>();

    private Builder(int weightBits, int inputBits) {
      BitWidths.require("weight", weightBits, CodeSign.SIGNED);
      BitWidths.require("input", inputBits, CodeSign.SIGNED);
      weights = QuantizerSpec.weights(weightBits);
      inputs = QuantizerSpec.activations(inputBits, CodeSign.SIGNED);
    }

    /** One step for the weights of a layer (default), or one for each output channel. */
    public Builder weightGranularity(Granularity granularity) {
      weights = weights.withGranularity(granularity);
      return this;
    }

    /** LSQ+: learned offset of the input quantizers; none by default. */
    public Builder inputOffset(OffsetMode mode) {
      inputs = inputs.withOffset(mode);
      return this;
    }

    /** One initializer for all quantizers, instead of the default by bit width. */
    public Builder initializer(InitializerKind kind) {
      initializer = Objects.requireNonNull(kind, "initializer");
      return this;
    }

    /** How the gradients of steps and offsets are scaled; per sample by default. */
    public Builder gradientScale(GradientScale scale) {
      weights = weights.withGradientScale(scale);
      inputs = inputs.withGradientScale(scale);
      return this;
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
     * Treats some layers differently. Of several matching patterns the last one counts.
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
