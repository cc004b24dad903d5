package org.lsq4j.data;

import java.util.List;

/**
 * A data set: images to train on and images to test on. Immutable and checked.
 *
 * @param name name shown in messages and results
 * @param classNames name of every class, in label order
 * @param train images to train on, at least one
 * @param test images to test on, at least one, of the same shape
 */
public record ImageData(String name, List<String> classNames, ImageSet train, ImageSet test) {

  /**
   * Checks that the parts fit together.
   *
   * @throws DataException if a split is empty, the shapes differ, or a label has no class name
   */
  public ImageData {
    classNames = List.copyOf(classNames);
    check(name, "train", train, classNames.size());
    check(name, "test", test, classNames.size());
    if (!train.shape().equals(test.shape())) {
      throw new DataException(
          String.format(
              "data set %s: train images are %s, but test images are %s",
              name, train.shape(), test.shape()));
    }
  }

  /** Size of every image. */
  public ImageShape shape() {
    return train.shape();
  }

  /** How many classes there are. */
  public int classCount() {
    return classNames.size();
  }

  /**
   * This data set with at most so many images, the first ones, in the order they have.
   *
   * @param trainCount images to keep for training, at least 1
   * @param testCount images to keep for testing, at least 1
   */
  public ImageData limit(int trainCount, int testCount) {
    if (trainCount < 1 || testCount < 1) {
      throw new DataException(
          String.format(
              "data set %s: limits must be at least 1, but are %d train and %d test",
              name, trainCount, testCount));
    }
    return new ImageData(name, classNames, train.first(trainCount), test.first(testCount));
  }

  private static void check(String name, String split, ImageSet set, int classes) {
    if (set.count() == 0) {
      throw new DataException("data set " + name + ": " + split + " split is empty");
    }
    for (int i = 0; i < set.count(); i++) {
      if (set.label(i) >= classes) {
        throw new DataException(
            String.format(
                "data set %s: label %d of %s image %d is out of range 0 to %d",
                name, set.label(i), split, i, classes - 1));
      }
    }
  }
}
