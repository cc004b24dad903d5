package org.lsq4j.compute.onednn;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.TensorForm;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The raw memory of ND4J arrays. */
final class DenseTensors {

  private DenseTensors() {}

  /** Whether an array is float and its elements lie in row-major order without gaps. */
  static boolean isRowMajor(INDArray array) {
    long stride = 1;
    for (int axis = array.rank() - 1; axis >= 0; axis--) {
      // ND4J's own check takes the strides of axes of length 1 for gaps.
      if (array.size(axis) != 1 && array.stride(axis) != stride) {
        return false;
      }
      stride *= array.size(axis);
    }
    return array.dataType() == DataType.FLOAT;
  }

  /** Whether arrays of one shape are all row major. */
  static boolean areAlike(INDArray first, INDArray... others) {
    return isRowMajor(first)
        && Arrays.stream(others)
            .allMatch(other -> isRowMajor(other) && Arrays.equals(first.shape(), other.shape()));
  }

  /** Whether an array is float and its elements lie in column-major order without gaps. */
  static boolean isColumnMajor(INDArray array) {
    long stride = 1;
    for (int axis = 0; axis < array.rank(); axis++) {
      if (array.size(axis) != 1 && array.stride(axis) != stride) {
        return false;
      }
      stride *= array.size(axis);
    }
    return array.dataType() == DataType.FLOAT;
  }

  /** Whether an operand is such an array. Codes exist of dense tensors only. */
  static boolean isColumnMajor(Operand operand) {
    return isColumnMajor(
        operand instanceof QuantizedOperand coded ? coded.source() : operand.values());
  }

  /** The array itself if it is row major, else a row-major copy. */
  static INDArray rowMajor(INDArray array) {
    return isRowMajor(array) ? array : array.dup('c');
  }

  /**
   * Has all elements of an array written in row-major order.
   *
   * @param target of any layout, overwritten
   * @param writer writes the array it is given, which is row major
   */
  static void fill(INDArray target, Consumer<INDArray> writer) {
    if (isRowMajor(target)) {
      writer.accept(target);
    } else {
      INDArray dense = Nd4j.createUninitialized(target.dataType(), target.shape(), 'c');
      writer.accept(dense);
      target.assign(dense);
    }
  }

  /** The operand itself if it is row major, else one of a row-major copy of its values. */
  static Operand rowMajor(Operand operand) {
    if (operand instanceof QuantizedOperand coded && isRowMajor(coded.source())) {
      return operand;
    }
    if (isInBlocks(operand)) {
      return operand;
    }
    return isRowMajor(operand.values()) ? operand : Operand.plain(rowMajor(operand.values()));
  }

  /** Whether an operand is a dense array in blocks of channels. */
  static boolean isInBlocks(Operand operand) {
    return operand instanceof FormedTensor formed
        && formed.form().equals(TensorForm.CHANNEL_BLOCKS)
        && isRowMajor(formed.array());
  }

  /** Sizes of a row-major operand. */
  static long[] shape(Operand rowMajor) {
    if (rowMajor instanceof QuantizedOperand coded) {
      return coded.source().shape();
    }
    return rowMajor instanceof FormedTensor formed
        ? formed.array().shape()
        : rowMajor.values().shape();
  }

  /** The elements of a vector. */
  static double[] values(INDArray vector) {
    double[] values = new double[Math.toIntExact(vector.length())];
    if (isRowMajor(vector)) {
      FloatBuffer floats = FloatMemory.of(vector).floats();
      Arrays.setAll(values, floats::get);
    } else {
      Arrays.setAll(values, vector::getDouble);
    }
    return values;
  }

  /** Writes the elements of a vector. */
  static void write(double[] values, INDArray vector) {
    if (isRowMajor(vector)) {
      FloatBuffer floats = FloatMemory.of(vector).floats();
      for (int i = 0; i < values.length; i++) {
        floats.put(i, (float) values[i]);
      }
    } else {
      for (int i = 0; i < values.length; i++) {
        vector.putScalar(i, values[i]);
      }
    }
  }

  /** The first element's address. Valid as long as the array is. */
  static Pointer pointer(INDArray array) {
    return array.data().addressPointer();
  }

  /** The addresses of several arrays. */
  static Pointer[] pointers(INDArray... arrays) {
    return Arrays.stream(arrays).map(DenseTensors::pointer).toArray(Pointer[]::new);
  }
}
