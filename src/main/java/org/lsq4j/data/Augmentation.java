package org.lsq4j.data;

import java.util.Objects;

/**
 * Random changes of training images, as in the usual CIFAR-10 recipe: pad with zeros on all sides,
 * cut a window of the original size out at random, mirror every other image.
 *
 * <p>The zeros are those of the normalized image, that is the mean when standardized.
 *
 * @param shift most pixels an image moves, up, down, left and right; 0 for none; the recipe has 4
 * @param flip whether images are mirrored
 */
public record Augmentation(int shift, Flip flip) {
  /** Images as they are. */
  public static final Augmentation NONE = new Augmentation(0, Flip.NONE);

  /** Whether images are mirrored. */
  public enum Flip {
    /** Never. */
    NONE,
    /** Left and right change places in every second image, by chance. */
    HORIZONTAL
  }

  /** How one image is changed: moved down and right by so many pixels, then mirrored or not. */
  record Change(int down, int right, Flip flip) {
    static final Change NONE = new Change(0, 0, Flip.NONE);
  }

  /** Checks the range. */
  public Augmentation {
    Objects.requireNonNull(flip, "flip");
    if (shift < 0) {
      throw new IllegalArgumentException("shift: must be at least 0, but is " + shift);
    }
  }

  /** The change of an image in an epoch: the same for the same numbers. */
  Change draw(long seed, int epoch, int image) {
    if (equals(NONE)) {
      return Change.NONE;
    }
    SampleRandom random = new SampleRandom(seed, epoch, image);
    int down = random.below(2 * shift + 1) - shift;
    int right = random.below(2 * shift + 1) - shift;
    boolean mirrored = flip == Flip.HORIZONTAL && random.below(2) == 1;
    return new Change(down, right, mirrored ? Flip.HORIZONTAL : Flip.NONE);
  }
}
