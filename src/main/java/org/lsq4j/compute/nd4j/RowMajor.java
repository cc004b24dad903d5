package org.lsq4j.compute.nd4j;

import org.lsq4j.compute.ReusedMemory;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;

/**
 * Arrays without gaps in C order. ND4J's convolution and batch normalization operations give wrong
 * numbers for other layouts when they use oneDNN (1.0.0-M2.1), and such layouts do occur: DL4J's
 * own convolution returns a permuted array.
 */
final class RowMajor {

  private RowMajor() {}

  /** The array itself if it is row major, else a copy. */
  static INDArray of(INDArray array, ReusedMemory scratch) {
    boolean rowMajor = array.ordering() == 'c' && Shape.hasDefaultStridesForShape(array);
    return rowMajor ? array : copy(array, scratch);
  }

  /** A row-major copy. */
  static INDArray copy(INDArray array, ReusedMemory scratch) {
    INDArray copy = scratch.allocate(array.dataType(), array.shape());
    copy.assign(array);
    return copy;
  }
}
