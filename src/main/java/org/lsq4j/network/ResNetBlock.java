package org.lsq4j.network;

/**
 * One block of a ResNet for small images: three stages with 16, 32 and 64 channels.
 *
 * @param stage the block's stage, 1 to 3
 * @param number the block's number in its stage, from 1
 */
record ResNetBlock(int stage, int number) {

  /** Stages of every network. */
  static final int STAGES = 3;

  /** Channels of the first convolution and the first stage. */
  static final int FIRST_CHANNELS = 16;

  String named(String part) {
    return "s" + stage + "b" + number + "-" + part;
  }

  int channels() {
    return FIRST_CHANNELS << (stage - 1);
  }

  boolean isFirst() {
    return stage == 1 && number == 1;
  }

  boolean changesShape() {
    return stage > 1 && number == 1;
  }

  int stride() {
    return changesShape() ? 2 : 1;
  }
}
