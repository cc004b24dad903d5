package org.lsq4j.deploy.graph;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.lsq4j.compute.Padding2D;

/**
 * What a node computes for one example. All arithmetic on real numbers is in float (IEEE 754
 * binary32, round to nearest, ties to even), each operation rounded by itself, in the order given:
 * so every implementation gives the same bits.
 */
public sealed interface Operation {

  /**
   * What comes out for given inputs.
   *
   * @throws IllegalArgumentException if the operation cannot take them
   */
  Tensor output(List<Tensor> inputs);

  /** The only input of an operation that has one. */
  private static Tensor only(List<Tensor> inputs) {
    if (inputs.size() != 1) {
      throw new IllegalArgumentException("takes one input, got " + inputs.size());
    }
    return inputs.get(0);
  }

  /** The network's input: real numbers, scaled as the model was trained. */
  record Input(Shape shape) implements Operation {
    @Override
    public Tensor output(List<Tensor> inputs) {
      if (!inputs.isEmpty()) {
        throw new IllegalArgumentException("takes no input, got " + inputs.size());
      }
      return Tensor.real(shape);
    }
  }

  /** From real numbers to codes. */
  record Quantize(Quantizer quantizer) implements Operation {
    @Override
    public Tensor output(List<Tensor> inputs) {
      return Tensor.codes(only(inputs).requireReal(), quantizer);
    }
  }

  /**
   * Convolution and dense layer: from codes to real numbers. With s_x and o the step size and the
   * offset of the input's quantizer, c an output channel:
   *
   * <pre>
   *   acc = sum of weight code * input code over the taps inside the image       exact, 32 bits
   *   S   = sum of the weight codes of the same taps                             exact, 32 bits
   *   m_c = (s_x * s_c) * factor_c                                               float
   *   b_c = addend_c + m_c * (o * S)          in double, rounded to float once; addend_c if o = 0
   *   y   = float(acc) * m_c + b_c                                               float
   * </pre>
   *
   * <p>A folded batch norm is in factors and addends, so weight codes are those that were trained.
   */
  sealed interface Product extends Operation {

    /** An 8-bit input code, or a signed one moved by 128 to be unsigned, as processors want it. */
    int LARGEST_CODE = 255;

    /** Weights. */
    Weights weights();

    /** What is done with the scaled sums. */
    Affine affine();

    /** m of an output channel. */
    default float multiplier(Quantizer input, int channel) {
      return input.step() * weights().step(channel) * affine().factor(channel);
    }

    /** b of an output channel for taps whose weight codes add up to {@code sum}. */
    default float addend(Quantizer input, int channel, int sum) {
      float addend = affine().addend(channel);
      float offset = input.offset().steps();
      return offset == 0
          ? addend
          : (float) (addend + multiplier(input, channel) * ((double) offset * sum));
    }

    /** Checks what convolutions and dense layers have in common. */
    private Quantizer checked(Tensor input, long weightsPerOutput) {
      Quantizer codes = input.requireCodes();
      if (weights().perOutput() != weightsPerOutput) {
        throw new IllegalArgumentException(
            "needs " + weightsPerOutput + " weights for each output, got " + weights().perOutput());
      }
      if (affine().channels() != weights().outputs()) {
        throw new IllegalArgumentException(
            weights().outputs() + " outputs, but " + affine().channels() + " addends");
      }
      if (weights().reach() * LARGEST_CODE > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "the sum of "
                + weightsPerOutput
                + " products may not fit 32 bits; use fewer inputs or fewer weight bits");
      }
      for (int channel = 0; channel < weights().outputs(); channel++) {
        if (!Float.isFinite(multiplier(codes, channel))) {
          throw new IllegalArgumentException("multiplier of output " + channel + " is infinite");
        }
      }
      return codes;
    }
  }

  /**
   * Convolution; as many groups as input channels make it depthwise.
   *
   * @param window how it moves
   * @param groups independent groups of channels
   * @param weights [output channels, kernel rows, kernel columns, input channels / groups]
   * @param affine of each output channel
   */
  record Convolution(Window window, int groups, Weights weights, Affine affine) implements Product {
    @Override
    public Tensor output(List<Tensor> inputs) {
      Tensor input = only(inputs);
      int channels = input.shape().channels();
      if (groups < 1 || channels % groups != 0 || weights.outputs() % groups != 0) {
        throw new IllegalArgumentException(
            groups
                + " groups do not divide "
                + channels
                + " input and "
                + weights.outputs()
                + " output channels");
      }
      long perOutput =
          (long) window.kernel().height() * window.kernel().width() * (channels / groups);
      Product.super.checked(input, perOutput);
      return Tensor.real(window.over(input.shape(), weights.outputs()));
    }
  }

  /**
   * Dense layer on a vector.
   *
   * @param weights [outputs, inputs]
   * @param affine of each output
   */
  record Dense(Weights weights, Affine affine) implements Product {
    @Override
    public Tensor output(List<Tensor> inputs) {
      Tensor input = only(inputs);
      if (!input.shape().isVector()) {
        throw new IllegalArgumentException("needs a vector, got " + input.shape());
      }
      Product.super.checked(input, input.shape().channels());
      return Tensor.real(Shape.vector(weights.outputs()));
    }
  }

  /** y = x * factor + addend for each channel: a batch norm that follows no product. */
  record ScaleShift(Affine affine) implements Operation {
    @Override
    public Tensor output(List<Tensor> inputs) {
      Shape shape = only(inputs).requireReal();
      if (affine.channels() != shape.channels()) {
        throw new IllegalArgumentException(
            "scales " + affine.channels() + " channels, got " + shape.channels());
      }
      return Tensor.real(shape);
    }
  }

  /**
   * A function of every number.
   *
   * @param function which
   * @param parameter of functions that have one, else 0
   */
  record Activate(Activation function, float parameter) implements Operation {

    /** Checks the parameter. */
    public Activate {
      Objects.requireNonNull(function, "function");
      if (!Float.isFinite(parameter) || !function.hasParameter() && parameter != 0) {
        throw new IllegalArgumentException(function + " cannot have the parameter " + parameter);
      }
    }

    /** A function without parameter. */
    public static Activate of(Activation function) {
      return new Activate(function, 0);
    }

    @Override
    public Tensor output(List<Tensor> inputs) {
      return Tensor.real(only(inputs).requireReal());
    }
  }

  /**
   * Softmax over the channels of each pixel: e^(x - largest x) in double, added in order, quotients
   * rounded to float.
   */
  record Softmax() implements Operation {
    @Override
    public Tensor output(List<Tensor> inputs) {
      return Tensor.real(only(inputs).requireReal());
    }
  }

  /** Sum of tensors of one shape, from the first to the last. */
  record Add() implements Operation {
    @Override
    public Tensor output(List<Tensor> inputs) {
      requireSeveral(inputs);
      Shape shape = inputs.get(0).requireReal();
      for (Tensor input : inputs) {
        if (!input.requireReal().equals(shape)) {
          throw new IllegalArgumentException("adds " + input.shape() + " to " + shape);
        }
      }
      return Tensor.real(shape);
    }
  }

  /** The channels of all inputs, one after the other, for each pixel. */
  record Concatenate() implements Operation {
    @Override
    public Tensor output(List<Tensor> inputs) {
      requireSeveral(inputs);
      Shape shape = inputs.get(0).requireReal();
      int channels = 0;
      for (Tensor input : inputs) {
        if (!input.requireReal().withChannels(1).equals(shape.withChannels(1))) {
          throw new IllegalArgumentException("joins " + input.shape() + " and " + shape);
        }
        channels = Math.addExact(channels, input.shape().channels());
      }
      return Tensor.real(shape.withChannels(channels));
    }
  }

  /** Most inputs of a node. */
  int MOST_INPUTS = 255;

  private static void requireSeveral(List<Tensor> inputs) {
    if (inputs.size() < 2 || inputs.size() > MOST_INPUTS) {
      throw new IllegalArgumentException(
          "takes 2 to " + MOST_INPUTS + " inputs, got " + inputs.size());
    }
  }

  /** Kinds of pooling. */
  enum PoolKind {
    /** The largest value inside the image. */
    MAXIMUM,
    /** The sum, row by row from 0 on, divided by the number of taps inside the image. */
    AVERAGE,
    /** The same sum divided by the number of all taps. */
    AVERAGE_WITH_PADDING
  }

  /**
   * Pooling of each channel. The maximum of codes is a code.
   *
   * @param kind what it computes
   * @param window how it moves
   */
  record Pool(PoolKind kind, Window window) implements Operation {

    /** Checks that nothing is missing. */
    public Pool {
      Objects.requireNonNull(kind, "kind");
      Objects.requireNonNull(window, "window");
      Padding2D padding = window.padding();
      long rows = window.rows().reach();
      long columns = window.columns().reach();
      if (Math.max(padding.top(), padding.bottom()) >= rows
          || Math.max(padding.left(), padding.right()) >= columns) {
        throw new IllegalArgumentException(
            "pools padding alone: the padding must be smaller than the window");
      }
    }

    @Override
    public Tensor output(List<Tensor> inputs) {
      Tensor input = only(inputs);
      Optional<Quantizer> quantizer =
          kind == PoolKind.MAXIMUM ? input.quantizer() : Optional.empty();
      if (quantizer.isEmpty()) {
        input.requireReal();
      }
      return new Tensor(window.over(input.shape(), input.shape().channels()), quantizer);
    }
  }

  /** Zeros around an image. */
  record ZeroPad(Padding2D padding) implements Operation {

    /** Checks the sizes. */
    public ZeroPad {
      Window.requireSmall(padding);
    }

    @Override
    public Tensor output(List<Tensor> inputs) {
      Shape shape = only(inputs).requireReal();
      return Tensor.real(
          new Shape(
              Math.addExact(shape.height(), padding.top() + padding.bottom()),
              Math.addExact(shape.width(), padding.left() + padding.right()),
              shape.channels()));
    }
  }

  /** An image as a vector: pixel by pixel, row by row. */
  record Flatten() implements Operation {
    @Override
    public Tensor output(List<Tensor> inputs) {
      Tensor input = only(inputs);
      return input.withShape(Shape.vector(input.shape().size()));
    }
  }
}
