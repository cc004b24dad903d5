package org.lsq4j.compute.profile;

import java.util.List;
import java.util.Map;

/**
 * What the kernels of a {@link ProfilingEngine} have done.
 *
 * @param kernels times by kind; kinds that never ran are missing
 * @param convolutions every different call of a convolution
 */
public record KernelProfile(Map<KernelKind, Total> kernels, List<ConvolutionUse> convolutions) {

  /**
   * The sum over the calls of one kind.
   *
   * @param nanos time, 0 or more
   * @param calls their number
   */
  public record Total(long nanos, long calls) {
    /** Of nothing. */
    static final Total NONE = new Total(0, 0);

    Total plusCall(long callNanos) {
      return new Total(nanos + callNanos, calls + 1);
    }
  }

  /**
   * Calls of convolutions that were equal.
   *
   * @param call the call
   * @param count how often it was made
   * @param input the quantizer of the input in the first of them; null for plain values
   * @param weights the quantizer of the weights in the first of them; null for plain values
   */
  public record ConvolutionUse(
      ConvolutionCall call, long count, QuantizerSnapshot input, QuantizerSnapshot weights) {

    ConvolutionUse plusCall() {
      return new ConvolutionUse(call, count + 1, input, weights);
    }
  }

  /** Copies both. */
  public KernelProfile {
    kernels = Map.copyOf(kernels);
    convolutions = List.copyOf(convolutions);
  }

  /** Time and calls of a kind. */
  public Total of(KernelKind kind) {
    return kernels.getOrDefault(kind, Total.NONE);
  }

  /** Time of all kernels, in nanoseconds. */
  public long nanos() {
    return kernels.values().stream().mapToLong(Total::nanos).sum();
  }

  /** Multiplications with an addition in the convolutions of a kind; 0 for other kernels. */
  public long multiplyAccumulates(KernelKind kind) {
    return convolutions.stream()
        .filter(use -> use.call.pass().kind() == kind)
        .mapToLong(use -> use.count * use.call.multiplyAccumulates())
        .sum();
  }
}
