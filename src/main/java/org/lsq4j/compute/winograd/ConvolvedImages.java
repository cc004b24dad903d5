package org.lsq4j.compute.winograd;

import org.lsq4j.compute.Size2D;

/**
 * Images of {@link Pixels#CHANNELS} channels before and behind a 3x3 convolution that moves by one
 * pixel.
 *
 * @param examples how many there are, at least 1
 * @param input size of each before
 * @param output size of each behind
 * @param top rows of zeros above the input, at most 2
 * @param left columns of zeros left of the input, at most 2
 */
public record ConvolvedImages(int examples, Size2D input, Size2D output, int top, int left) {

  /** Refuses what there are no results of. */
  public ConvolvedImages {
    int most = TileSizes.KERNEL - 1;
    if (examples < 1 || top < 0 || top > most || left < 0 || left > most) {
      throw new IllegalArgumentException(
          "A 3x3 convolution needs one image or more and 0 to 2 zeros on each side, got "
              + examples
              + " images and "
              + top
              + " and "
              + left
              + " zeros");
    }
  }

  /** The same of the convolution that takes gradients of the output to gradients of the input. */
  ConvolvedImages transposed() {
    return new ConvolvedImages(
        examples, output, input, TileSizes.KERNEL - 1 - top, TileSizes.KERNEL - 1 - left);
  }
}
