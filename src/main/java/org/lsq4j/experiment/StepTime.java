package org.lsq4j.experiment;

/**
 * What one training step took, in nanoseconds.
 *
 * @param forward until all layers but the output layer have their activations
 * @param backward output layer, loss and all gradients
 * @param update updaters, regularization, and the limits of step sizes
 */
record StepTime(long forward, long backward, long update) {

  long total() {
    return forward + backward + update;
  }
}
