package org.lsq4j.layer.impl;

import java.util.function.Supplier;
import org.lsq4j.compute.FormedTensor;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A tensor that one layer made for another, which DL4J brings there as an array: its form is known
 * of this array only.
 */
final class HandedOn {

  private HandedOn() {}

  /**
   * What arrived, in the form in which it was made.
   *
   * @param madeOrNull by the layer that is joined; null if that made nothing in this pass
   * @param reader of the tensor, for messages
   * @throws IllegalStateException if another array arrived than the one in a form of its own
   */
  static FormedTensor received(INDArray arrived, FormedTensor madeOrNull, Supplier<String> reader) {
    if (madeOrNull == null || madeOrNull.isPlain()) {
      return FormedTensor.plain(arrived);
    }
    if (madeOrNull.array() != arrived) {
      throw new IllegalStateException(
          reader.get()
              + ": a layer joined with it made a tensor in the form "
              + madeOrNull.form()
              + ", and another array arrived; start Java with -Dlsq4j.joints=never");
    }
    return madeOrNull;
  }
}
