package org.lsq4j.compute.profile;

import java.util.List;
import java.util.Objects;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.TensorForms;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * A call of a convolution kernel, without the numbers: calls that are equal do the same work.
 *
 * @param pass what is computed
 * @param geometry how the convolution moves
 * @param input x
 * @param weights W, of shape [Cout, Cin / groups, kH, kW]
 * @param forms of x or dL/dx, and of y or dL/dy: plain or in blocks of channels
 * @param bias whether a bias is added, or its gradient computed
 * @param type element type of all tensors
 */
public record ConvolutionCall(
    Pass pass,
    ConvolutionGeometry geometry,
    Source input,
    Source weights,
    TensorForms forms,
    boolean bias,
    DataType type) {

  /** What a call computes. */
  public enum Pass {
    /** y. */
    FORWARD(KernelKind.CONVOLUTION_FORWARD, 1),
    /** dL/dW and dL/dx. */
    BACKWARD(KernelKind.CONVOLUTION_BACKWARD, 2),
    /** dL/dx alone, as a transposed convolution computes its output. */
    BACKWARD_INPUT(KernelKind.CONVOLUTION_BACKWARD, 1),
    /** dL/dW alone. */
    BACKWARD_WEIGHTS(KernelKind.CONVOLUTION_BACKWARD, 1);

    private final KernelKind kind;
    private final int results;

    Pass(KernelKind kind, int results) {
      this.kind = kind;
      this.results = results;
    }

    /** The kind of kernel that computes it. */
    public KernelKind kind() {
      return kind;
    }
  }

  /**
   * A tensor that the convolution reads.
   *
   * @param shape its sizes
   * @param quantizer what made it; null for plain values
   */
  public record Source(List<Long> shape, QuantizerSpec quantizer) {

    /** Copies the shape. */
    public Source {
      shape = List.copyOf(shape);
    }

    long[] sizes() {
      return shape.stream().mapToLong(Long::longValue).toArray();
    }
  }

  /** Refuses missing parts. */
  public ConvolutionCall {
    Objects.requireNonNull(pass, "pass");
    Objects.requireNonNull(geometry, "geometry");
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(weights, "weights");
    Objects.requireNonNull(forms, "forms");
    Objects.requireNonNull(type, "type");
  }

  /** Output channels. */
  public long outChannels() {
    return weights.shape.get(0);
  }

  /** Shape of y, as the geometry orders its axes. */
  public long[] outputShape() {
    return geometry.outputShape(input.sizes(), outChannels());
  }

  /**
   * Multiplications with an addition by the definition: one for each element of y, tap, and input
   * channel of the group, and as many for each gradient. Taps that meet padding count; the bias
   * does not. Algorithms that get along with fewer, such as Winograd's, count like the others.
   */
  public long multiplyAccumulates() {
    return pass.results * product(outputShape()) * (product(weights.sizes()) / outChannels());
  }

  private static long product(long[] sizes) {
    long product = 1;
    for (long size : sizes) {
      product *= size;
    }
    return product;
  }
}
