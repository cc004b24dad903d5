package org.lsq4j.compute.winograd;

import org.lsq4j.compute.Size2D;

/**
 * Images of {@link Pixels#CHANNELS} channels before and behind a 3x3 convolution that moves by one
 * pixel.
 *
 * @param examples how many there are
 * @param input size of each before
 * @param output size of each behind
 * @param top rows of zeros above the input, at most 2
 * @param left columns of zeros left of the input, at most 2
 */
public record ConvolvedImages(int examples, Size2D input, Size2D output, int top, int left) {

  /** The same of the convolution that takes gradients of the output to gradients of the input. */
  ConvolvedImages transposed() {
    return new ConvolvedImages(
        examples, output, input, WinogradWeights.SIDE - 1 - top, WinogradWeights.SIDE - 1 - left);
  }
}
