package org.lsq4j.compute;

import java.util.Objects;
import java.util.Optional;
import org.lsq4j.quantizer.ChannelLayout;
import org.lsq4j.quantizer.FakeQuantizer;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A quantizer's specification and where its parameters (or their gradients) are stored.
 *
 * @param spec what kind of quantizer
 * @param step s, shape [1] per tensor or [channels] per channel; a view that training changes
 * @param offset z, of the step's shape; null without offset
 * @param channelAxis axis of the quantized tensor along which steps run; ignored per tensor
 */
public record QuantizerTensors(
    QuantizerSpec spec, INDArray step, INDArray offset, int channelAxis) {

  /** Checks that offset and specification agree. */
  public QuantizerTensors {
    Objects.requireNonNull(spec, "spec");
    Objects.requireNonNull(step, "step");
    if (spec.learnsOffset() != (offset != null)) {
      throw new IllegalArgumentException(
          "Offset mode "
              + spec.offset()
              + (offset == null ? " without" : " with")
              + " offset tensor");
    }
  }

  /** Whether one step serves the whole tensor. */
  public boolean perTensor() {
    return step.length() == 1;
  }

  /** The offset, where one is learned. */
  public Optional<INDArray> learnedOffset() {
    return Optional.ofNullable(offset);
  }

  /**
   * Which elements of a tensor share a step.
   *
   * @param shape of the tensor
   */
  public ChannelLayout layout(long... shape) {
    return perTensor() ? ChannelLayout.PER_TENSOR : ChannelLayout.ofAxis(shape, channelAxis);
  }

  /** The steps of now. */
  public double[] steps() {
    return step.dup('c').data().asDouble();
  }

  /** The offsets of now, one for each step; 0 without offset. */
  public double[] offsets() {
    return offset == null ? new double[steps().length] : offset.dup('c').data().asDouble();
  }

  /**
   * The same quantizer on plain arrays, with the steps and offsets of now.
   *
   * @param shape of the tensors, row-major in the arrays
   */
  public FakeQuantizer onArrays(long... shape) {
    return new FakeQuantizer(spec, layout(shape), steps(), offsets());
  }

  /** Whether the forward pass rounds the offset to a multiple of the step. */
  public boolean roundsOffset() {
    return spec.offset() == OffsetMode.INTEGER;
  }
}
