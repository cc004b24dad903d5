package org.lsq4j.experiment;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * An image that two models take for different things.
 *
 * @param image its number in the test set, from 0
 * @param label what it is
 * @param predicted what the model says
 * @param other what the other model says
 * @param margin how much more the model gives its class than the other's
 * @param cause the first quantizer that gives another code; null if none does
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Disagreement(
    int image, int label, int predicted, int other, double margin, Cause cause) {

  /**
   * A quantizer of a layer's input that gives the models different codes, while all before it
   * agree.
   *
   * @param layer the layer
   * @param codes how many codes differ
   * @param border for the code that is farthest from it: how far the number is from the middle
   *     between two codes, in steps
   * @param gap the largest difference of these numbers in both models, in steps
   */
  public record Cause(String layer, int codes, double border, double gap) {}
}
