package org.lsq4j.compute;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Where an engine gets the memory of a result from: a layer's workspace, or arrays of its own. */
@FunctionalInterface
public interface TensorMemory {

  /**
   * A row-major array with undefined content that lives as long as the caller needs the result.
   *
   * @param type element type
   * @param shape sizes
   */
  INDArray allocate(DataType type, long... shape);
}
