package org.lsq4j.quantizer;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;

/**
 * The golden vectors of the quantizer: inputs and float64 results of every equation, computed
 * independently and confirmed by automatic differentiation.
 */
@SuppressWarnings("ArrayRecordComponent") // test data, read only
public final class GoldenVectors {

  private static final String RESOURCE = "/golden/lsq-golden.json";
  private static final File FILE = read();

  private GoldenVectors() {}

  /** All forward and backward cases. */
  public static List<Case> cases() {
    return FILE.cases();
  }

  /** All initializer cases. */
  public static List<InitializerCase> initializerCases() {
    return FILE.initializers();
  }

  /**
   * One quantizer on one tensor, all arrays row-major.
   *
   * @param channelAxis axis of the channels, null per tensor
   * @param perSampleElements whether N of the gradient scale counts one example (axis 0) only
   */
  public record Case(
      String name,
      int bits,
      boolean signed,
      boolean narrowRange,
      boolean learnedOffset,
      int n,
      int p,
      long[] shape,
      Integer channelAxis,
      boolean perSampleElements,
      double[] step,
      double[] offset,
      double gradientScale,
      double[] x,
      double[] upstream,
      int[] codes,
      double[] xHat,
      double[] gradX,
      double[] gradStep,
      double[] gradOffset) {

    /** The specification this case describes. */
    public QuantizerSpec spec() {
      return GoldenVectors.spec(bits, signed, narrowRange)
          .withGranularity(channelAxis == null ? Granularity.PER_TENSOR : Granularity.PER_CHANNEL)
          .withOffset(learnedOffset ? OffsetMode.REAL : OffsetMode.NONE)
          .withGradientScale(
              perSampleElements ? GradientScale.PER_SAMPLE : GradientScale.PER_BATCH);
    }

    /** Which elements share a step. */
    public ChannelLayout layout() {
      return channelAxis == null
          ? ChannelLayout.PER_TENSOR
          : ChannelLayout.ofAxis(shape, channelAxis);
    }

    /** Number of elements that share a step, all examples together. */
    public long elementsPerStep() {
      return x.length / layout().channels();
    }

    /** Number of examples the gradient scale is to divide the elements by. */
    public long examples() {
      return perSampleElements ? shape[0] : 1;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** Values and what initializers make of them. */
  public record InitializerCase(
      String name,
      int bits,
      boolean signed,
      boolean narrowRange,
      int n,
      int p,
      double[] values,
      double lsqStep,
      double lsqPlusWeightStep,
      double minMaxStep,
      double minMaxOffset,
      double symmetricMseGridBestStep,
      double symmetricMseGridBestError) {

    /** The specification this case describes, without offset. */
    public QuantizerSpec spec() {
      return GoldenVectors.spec(bits, signed, narrowRange);
    }

    /** The values as calibration sees them. */
    public CalibrationSample sample() {
      CalibrationSample sample = new CalibrationSample();
      Arrays.stream(values).forEach(sample::add);
      return sample;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private record File(int seed, List<Case> cases, List<InitializerCase> initializers) {}

  private static QuantizerSpec spec(int bits, boolean signed, boolean narrowRange) {
    return QuantizerSpec.activations(bits, signed ? CodeSign.SIGNED : CodeSign.UNSIGNED)
        .withSpan(narrowRange ? CodeSpan.NARROW : CodeSpan.FULL);
  }

  private static File read() {
    try (InputStream stream = GoldenVectors.class.getResourceAsStream(RESOURCE)) {
      return new ObjectMapper().readValue(stream, File.class);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + RESOURCE, e);
    }
  }
}
