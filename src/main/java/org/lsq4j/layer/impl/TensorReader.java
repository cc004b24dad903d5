package org.lsq4j.layer.impl;

import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.Operand;

/** Who reads a tensor that a layer makes. */
enum TensorReader {
  /** Somebody who needs it as it is. */
  OF_PLAIN_TENSORS,
  /** Somebody who asks for its form. */
  OF_ANY_FORM;

  /** Who reads the gradient of what a layer delivered: in a form of its own if that was in one. */
  static TensorReader ofGradient(Operand delivered) {
    return delivered instanceof FormedTensor formed && !formed.isPlain()
        ? OF_ANY_FORM
        : OF_PLAIN_TENSORS;
  }
}
