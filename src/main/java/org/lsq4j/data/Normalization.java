package org.lsq4j.data;

import java.util.Collections;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.DoubleStream;

/**
 * Scales raw values: y = (x - center) / scale, a channel at a time. Immutable; found on the train
 * set and stored with a model, so that it sees the same input wherever it runs.
 *
 * @param kind how the values were found
 * @param center value that becomes 0, one a channel, in raw units
 * @param scale raw units that become 1, one a channel, positive
 */
public record Normalization(NormalizationKind kind, List<Double> center, List<Double> scale) {

  /** Checks that there is a finite center and a positive scale for every channel. */
  public Normalization {
    center = List.copyOf(center);
    scale = List.copyOf(scale);
    if (center.isEmpty() || center.size() != scale.size()) {
      throw new DataException(
          String.format(
              "normalization: %d centers and %d scales; one of each a channel is needed",
              center.size(), scale.size()));
    }
    if (!center.stream().allMatch(Double::isFinite)
        || !scale.stream().allMatch(value -> Double.isFinite(value) && value > 0)) {
      throw new DataException(
          "normalization: centers must be finite and scales positive, but are "
              + center
              + ", "
              + scale);
    }
  }

  /**
   * Finds the scaling for a data set. A channel that is constant gets the scale 1 and becomes 0.
   *
   * @param train images to measure, at least one
   * @param kind which scaling
   */
  public static Normalization of(ImageSet train, NormalizationKind kind) {
    if (train.count() == 0) {
      throw new DataException("normalization: there are no images to measure");
    }
    return switch (kind) {
      case STANDARDIZE -> standardize(train);
      case UNIT -> unit(train);
      case NONE -> same(kind, train, 0, 1);
    };
  }

  /** How many channels this scales. */
  public int channels() {
    return center.size();
  }

  /**
   * Scales values in place.
   *
   * @param pixels holds whole pixels with interleaved channels (HWC or NHWC order)
   * @param offset where the first pixel begins
   * @param length how many values to scale, a multiple of the number of channels
   */
  public void apply(float[] pixels, int offset, int length) {
    int channels = channels();
    for (int c = 0; c < channels; c++) {
      float shift = center.get(c).floatValue();
      float factor = (float) (1 / scale.get(c));
      for (int i = offset + c; i < offset + length; i += channels) {
        pixels[i] = (pixels[i] - shift) * factor;
      }
    }
  }

  private static Normalization standardize(ImageSet train) {
    double[] zeros = new double[train.shape().channels()];
    double values = (double) train.count() * train.shape().height() * train.shape().width();
    double[] mean = fold(train, zeros, zeros, (sum, x) -> sum + x);
    for (int c = 0; c < mean.length; c++) {
      mean[c] /= values;
    }
    // Deviations from the mean in a second pass: no cancellation when the mean is large.
    double[] variance = fold(train, zeros, mean, (sum, x) -> sum + x * x);
    double[] deviation =
        DoubleStream.of(variance).map(sum -> positive(Math.sqrt(sum / values))).toArray();
    return new Normalization(NormalizationKind.STANDARDIZE, list(mean), list(deviation));
  }

  private static Normalization unit(ImageSet train) {
    if (train.pixelType() == PixelType.UINT8) {
      return same(NormalizationKind.UNIT, train, 0, 255);
    }
    int channels = train.shape().channels();
    double[] zeros = new double[channels];
    double[] infinite = DoubleStream.generate(() -> Double.MAX_VALUE).limit(channels).toArray();
    double[] low = fold(train, infinite, zeros, Math::min);
    double[] range = fold(train, zeros, low, Math::max);
    double[] scale = DoubleStream.of(range).map(Normalization::positive).toArray();
    return new Normalization(NormalizationKind.UNIT, list(low), list(scale));
  }

  private static Normalization same(
      NormalizationKind kind, ImageSet train, double center, double scale) {
    int channels = train.shape().channels();
    return new Normalization(
        kind, Collections.nCopies(channels, center), Collections.nCopies(channels, scale));
  }

  /** Folds the values of every channel, each less its channel's shift, into one number. */
  private static double[] fold(
      ImageSet set, double[] start, double[] shift, DoubleBinaryOperator operator) {
    double[] result = start.clone();
    float[] image = new float[set.shape().size()];
    for (int n = 0; n < set.count(); n++) {
      set.copyPixels(n, image, 0);
      for (int c = 0; c < result.length; c++) {
        double folded = result[c];
        for (int i = c; i < image.length; i += result.length) {
          folded = operator.applyAsDouble(folded, image[i] - shift[c]);
        }
        result[c] = folded;
      }
    }
    return result;
  }

  private static double positive(double scale) {
    return scale > 0 ? scale : 1;
  }

  private static List<Double> list(double[] values) {
    return DoubleStream.of(values).boxed().toList();
  }
}
