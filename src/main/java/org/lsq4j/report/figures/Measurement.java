package org.lsq4j.report.figures;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.lsq4j.quantizer.ChannelLayout;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.FakeQuantizer;
import org.lsq4j.quantizer.StepAndOffset;

/**
 * What quantizing the data of a figure with one setting gives.
 *
 * @param setting step and offset
 * @param meanCode mean of the codes
 * @param codeSpread their population standard deviation
 * @param meanValue mean of the dequantized values
 * @param error mean squared error of the dequantized values
 * @param clippingError the part of {@code error} that clipped values have
 * @param clipped share of the values whose nearest code is outside the range, 0 to 1
 * @param bars share of each code, from the lowest
 */
public record Measurement(
    StepAndOffset setting,
    double meanCode,
    double codeSpread,
    double meanValue,
    double error,
    double clippingError,
    double clipped,
    List<CodeShare> bars) {

  /**
   * A bar of the histogram of codes.
   *
   * @param code the code
   * @param share of all values that have it, 0 to 1
   * @param clipped share of all values that have it because of clipping
   */
  public record CodeShare(int code, double share, double clipped) {}

  /** Quantizes the data of a figure. */
  static Measurement of(Figure figure, StepAndOffset setting) {
    FakeQuantizer quantizer = quantizer(figure, setting);
    double[] data = figure.data().values();
    int[] codes = quantizer.quantize(data);
    Tally tally = new Tally(figure.range());
    tally.add(codes, quantizer.overloads(data));
    tally.addErrors(data, quantizer.dequantize(codes));
    return tally.measurement(setting);
  }

  /** The quantizer of one frame. */
  static FakeQuantizer quantizer(Figure figure, StepAndOffset setting) {
    return new FakeQuantizer(
        figure.spec(),
        ChannelLayout.PER_TENSOR,
        new double[] {setting.step()},
        new double[] {setting.offset()});
  }

  /** The bar of a code. */
  public CodeShare bar(int code) {
    return bars.get(code - bars.get(0).code);
  }

  /** The lowest code's bar. */
  public CodeShare lowest() {
    return bars.get(0);
  }

  /** The highest code's bar. */
  public CodeShare highest() {
    return bars.get(bars.size() - 1);
  }

  /** The bars from the most frequent code to the rarest. */
  public List<CodeShare> byFrequency() {
    return bars.stream().sorted(Comparator.comparingDouble(CodeShare::share).reversed()).toList();
  }

  /** The value that a code stands for, equation (2). */
  public double level(int code) {
    return code * setting.step() + setting.offset();
  }

  /** Sums over the values. */
  private static final class Tally {
    private final int lowest;
    private final long[] count;
    private final long[] clipped;
    private boolean[] overloads;
    private double values;
    private double errors;
    private double clippingErrors;

    Tally(CodeRange range) {
      lowest = range.lowest();
      count = new long[range.levels()];
      clipped = new long[range.levels()];
    }

    void add(int[] codes, boolean[] overloaded) {
      overloads = overloaded;
      for (int i = 0; i < codes.length; i++) {
        count[codes[i] - lowest]++;
        if (overloaded[i]) {
          clipped[codes[i] - lowest]++;
        }
      }
    }

    void addErrors(double[] data, double[] dequantized) {
      for (int i = 0; i < data.length; i++) {
        double difference = dequantized[i] - data[i];
        values += dequantized[i];
        errors += difference * difference;
        if (overloads[i]) {
          clippingErrors += difference * difference;
        }
      }
    }

    Measurement measurement(StepAndOffset setting) {
      double total = overloads.length;
      List<CodeShare> bars =
          IntStream.range(0, count.length)
              .mapToObj(i -> new CodeShare(lowest + i, count[i] / total, clipped[i] / total))
              .toList();
      double mean = bars.stream().mapToDouble(bar -> bar.code * bar.share).sum();
      double variance =
          bars.stream().mapToDouble(bar -> Math.pow(bar.code - mean, 2) * bar.share).sum();
      return new Measurement(
          setting,
          mean,
          Math.sqrt(variance),
          values / total,
          errors / total,
          clippingErrors / total,
          bars.stream().mapToDouble(CodeShare::clipped).sum(),
          bars);
    }
  }
}
