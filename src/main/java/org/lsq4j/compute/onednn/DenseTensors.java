package org.lsq4j.compute.onednn;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;

/** The raw memory of ND4J arrays. */
final class DenseTensors {

  private DenseTensors() {}

  /** Whether an array is float and its elements lie in row-major order without gaps. */
  static boolean isRowMajor(INDArray array) {
    return array.dataType() == DataType.FLOAT
        && array.ordering() == 'c'
        && Shape.hasDefaultStridesForShape(array);
  }

  /** The array itself if it is row major, else a row-major copy. */
  static INDArray rowMajor(INDArray array) {
    return isRowMajor(array) ? array : array.dup('c');
  }

  /** The first element's address. Valid as long as the array is. */
  static Pointer pointer(INDArray array) {
    return array.data().addressPointer();
  }

  /** The elements in memory order, to read and write in blocks. */
  static java.nio.FloatBuffer buffer(INDArray array) {
    FloatPointer pointer = new FloatPointer(array.data().addressPointer());
    return pointer.capacity(array.length()).asBuffer();
  }
}
