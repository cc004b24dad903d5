package org.lsq4j.deploy.graph;

import java.util.List;
import java.util.Optional;

/**
 * How to feed a model and to read its answers, as far as it is known.
 *
 * @param dataset name of the data it was trained on; empty if not known
 * @param classNames name of each output; empty if not known
 * @param scaling how pixels become inputs; empty if not known
 */
public record ModelInfo(String dataset, List<String> classNames, Optional<PixelScaling> scaling) {

  /** Nothing is known. */
  public static final ModelInfo UNKNOWN = new ModelInfo("", List.of(), Optional.empty());

  /** Copies the names. */
  public ModelInfo {
    classNames = List.copyOf(classNames);
  }

  /**
   * From raw pixels, 0 to 255 for bytes, to inputs: (pixel - center) * float(1 / scale) for each
   * channel, center rounded to float.
   *
   * @param kind for people: how it was found
   * @param center one for each channel
   * @param scale one for each channel, positive
   */
  public record PixelScaling(String kind, List<Double> center, List<Double> scale) {

    /** Copies and checks. */
    public PixelScaling {
      center = List.copyOf(center);
      scale = List.copyOf(scale);
      boolean usable =
          !center.isEmpty()
              && center.size() == scale.size()
              && center.stream().allMatch(Double::isFinite)
              && scale.stream().allMatch(s -> Double.isFinite(s) && s > 0);
      if (!usable) {
        throw new IllegalArgumentException(
            "pixel scaling needs a finite center and a positive scale for each channel, got "
                + center
                + ", "
                + scale);
      }
    }
  }
}
