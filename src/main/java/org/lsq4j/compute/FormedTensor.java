package org.lsq4j.compute;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A tensor in a form that suits who reads it.
 *
 * @param array whose shape and memory it has
 * @param form how it lies in that memory
 */
public record FormedTensor(INDArray array, TensorForm form) implements Operand {

  private static final int BLOCK = 16;

  /** A tensor as it is. */
  public static FormedTensor plain(INDArray tensor) {
    return new FormedTensor(tensor, TensorForm.PLAIN);
  }

  /** Whether it is in no special form. */
  public boolean isPlain() {
    return form.isPlain();
  }

  /** {@inheritDoc} The array itself if it is plain, else a new one. */
  @Override
  public INDArray values() {
    return switch (form.encoding()) {
      case FLOAT -> isPlain() ? array : array.div(form.factor());
      case FLOAT_BLOCKS -> channelsLast();
      case BFLOAT16 ->
          throw new UnsupportedOperationException("there are no float values in the form " + form);
    };
  }

  private INDArray channelsLast() {
    long[] shape = array.shape();
    return array
        .dup('c')
        .reshape('c', shape[0], shape[3] / BLOCK, shape[1], shape[2], BLOCK)
        .permute(0, 2, 3, 1, 4)
        .dup('c')
        .reshape('c', shape);
  }
}
