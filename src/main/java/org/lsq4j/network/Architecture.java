package org.lsq4j.network;

import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.inputs.InputType;

/** A family of networks at one size. */
interface Architecture {

  /**
   * Makes a float network with random weights, initialised.
   *
   * @param input image size and format
   * @param classes number of classes
   * @param seed of the weights
   * @throws RuntimeException of any kind, from DL4J, if images of this size do not fit
   */
  NeuralNetwork create(InputType input, int classes, long seed);

  /** The images it is usually trained on. */
  UsualImages usualImages();
}
