package org.lsq4j.network;

/**
 * The kind of images that a reference network is usually trained on. It takes others as well.
 *
 * @param side height and width
 * @param channels 1 for grey, 3 for RGB
 * @param classes number of classes
 */
public record UsualImages(int side, int channels, int classes) {

  static final UsualImages MNIST = new UsualImages(28, 1, 10);
  static final UsualImages CIFAR10 = new UsualImages(32, 3, 10);

  /** Visual wake words of MLPerf Tiny: person or not. */
  static final UsualImages WAKE_WORDS = new UsualImages(96, 3, 2);
}
