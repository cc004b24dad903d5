package org.lsq4j.compute.onednn;

import java.util.Locale;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.Size2D;
import org.lsq4j.compute.dnnl.DnnlRuntime;

/**
 * When a float convolution is computed by Winograd's algorithm F(4x4, 3x3). It rounds a little more
 * than the direct sums: a test allows 1e-5 of the largest value.
 */
enum WinogradPolicy {
  /** Where it is faster. The default. */
  AUTO,
  /** Also with 16 channels wherever that can be computed: with AVX-512, whoever made it. */
  ALWAYS,
  /** Never. */
  NEVER;

  /** System property that holds one of these names. */
  static final String PROPERTY = "lsq4j.winograd";

  /** With fewer channels oneDNN's transforms cost more than the products that they save. */
  private static final long FEWEST_CHANNELS = 32;

  private static final long CHANNEL_BLOCK = 16;
  private static final Size2D THREE = new Size2D(3, 3);

  /** The policy in force. */
  static WinogradPolicy current() {
    String name = System.getProperty(PROPERTY, "auto");
    try {
      return valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          PROPERTY + ": must be auto, always or never, got '" + name + "'", e);
    }
  }

  /** Whether oneDNN is to compute a convolution so. */
  boolean allows(ConvolutionShape shape) {
    return this != NEVER
        && isComputable(shape)
        // oneDNN 2.5 computes a wrong dL/dx otherwise; a test shows it.
        && shape.geometry().padding().isSymmetric()
        && isBlocked(shape.inChannels())
        && isBlocked(shape.outChannels());
  }

  /** Whether {@link NarrowConvolution} is to. */
  boolean allowsNarrow(ConvolutionShape shape) {
    return this != NEVER
        && isComputable(shape)
        && NarrowConvolution.computes(shape)
        && (this == ALWAYS || isNarrowFaster(shape));
  }

  private static boolean isNarrowFaster(ConvolutionShape shape) {
    return NarrowConvolution.isFaster(shape, ProcessorVendor.current(), Workers.count());
  }

  private static boolean isComputable(ConvolutionShape shape) {
    return DnnlRuntime.get().instructionSet().contains("avx512")
        && isSlidingByOne(shape.geometry());
  }

  private static boolean isSlidingByOne(ConvolutionGeometry geometry) {
    return geometry.kernel().equals(THREE)
        && geometry.stride().equals(Size2D.ONE)
        && geometry.dilation().equals(Size2D.ONE)
        && geometry.groups() == 1;
  }

  private static boolean isBlocked(long channels) {
    return channels >= FEWEST_CHANNELS && channels % CHANNEL_BLOCK == 0;
  }
}
