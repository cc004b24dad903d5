package org.lsq4j.experiment;

import java.nio.file.Path;
import org.lsq4j.data.Augmentation;
import org.lsq4j.data.Datasets;
import org.lsq4j.data.ImageData;
import org.lsq4j.data.NormalizationKind;

/**
 * The data of an experiment. Either {@code name} or {@code path}.
 *
 * @param name a data set known by name, see {@code lsq4j data list}
 * @param path a folder with idx files of your own
 * @param folder where fetched data sets lie
 * @param normalization how pixels are scaled: {@code standardize}, {@code unit} or {@code none}
 * @param augmentation random changes of training images
 * @param trainLimit use the first so many training images only
 * @param testLimit use the first so many test images only
 */
public record DataConfig(
    String name,
    String path,
    String folder,
    NormalizationKind normalization,
    AugmentationConfig augmentation,
    Integer trainLimit,
    Integer testLimit) {

  /**
   * Random changes of training images.
   *
   * @param shift most pixels an image moves in each direction
   * @param flip {@code horizontal} mirrors every other image, {@code none} does not
   */
  public record AugmentationConfig(Integer shift, Augmentation.Flip flip) {
    Augmentation toAugmentation() {
      return new Augmentation(shift, flip);
    }
  }

  void check() {
    if ((name == null) == (path == null)) {
      throw new IllegalArgumentException(
          "name: give either name (a known data set) or path (a folder of yours), "
              + (name == null ? "got neither" : "got both"));
    }
    requireLimit("trainLimit", trainLimit);
    requireLimit("testLimit", testLimit);
    At.key("augmentation", augmentation::toAugmentation);
  }

  private static void requireLimit(String key, Integer limit) {
    if (limit != null && limit < 1) {
      throw new IllegalArgumentException(key + ": must be 1 or more, got " + limit);
    }
  }

  /** Reads the data. */
  ImageData load() {
    ImageData all =
        path == null
            ? Datasets.load(name, Path.of(folder))
            : Datasets.loadIdx(Path.of(path), Path.of(path).getFileName().toString());
    return all.limit(
        trainLimit == null ? all.train().count() : trainLimit,
        testLimit == null ? all.test().count() : testLimit);
  }
}
