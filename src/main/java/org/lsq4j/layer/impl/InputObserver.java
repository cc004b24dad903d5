package org.lsq4j.layer.impl;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Sees the input of a layer, before its quantizer, at every forward pass. */
@FunctionalInterface
public interface InputObserver {

  /** Sees nothing. */
  InputObserver NONE = input -> {};

  /**
   * Called with the input.
   *
   * @param input values in a workspace: valid during the call only, not to be changed
   */
  void observe(INDArray input);
}
