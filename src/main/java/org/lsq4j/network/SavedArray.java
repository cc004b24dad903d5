package org.lsq4j.network;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import org.nd4j.linalg.api.buffer.DataBuffer.AllocationMode;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.options.ArrayOptionsHelper;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Reads a vector in ND4J's format from bytes of unknown origin. ND4J itself believes them: the
 * length it allocates, the strides it reads memory by, and the compression. Here the header must
 * describe exactly the bytes that follow, as a plain vector of real numbers.
 */
final class SavedArray {

  private static final int MOST_DIMENSIONS = 32;

  private final byte[] bytes;
  private final DataInputStream stream;

  private SavedArray(byte[] bytes) {
    this.bytes = bytes;
    stream = new DataInputStream(new ByteArrayInputStream(bytes));
  }

  /**
   * Reads a vector.
   *
   * @return of shape [1, n] or [n]
   * @throws IllegalArgumentException if the bytes are anything else; the message says what
   */
  static INDArray read(byte[] bytes) {
    SavedArray array = new SavedArray(bytes);
    try {
      array.check();
    } catch (IOException e) {
      throw new IllegalArgumentException("it ends too early", e);
    }
    return Nd4j.read(new ByteArrayInputStream(bytes));
  }

  private record Header(AllocationMode mode, long length, DataType type) {
    boolean isLegacy() {
      return mode.ordinal() < AllocationMode.LONG_SHAPE.ordinal();
    }
  }

  private Header header() throws IOException {
    AllocationMode mode = AllocationMode.valueOf(stream.readUTF());
    boolean isLegacy = mode.ordinal() < AllocationMode.LONG_SHAPE.ordinal();
    long length = isLegacy ? stream.readInt() : stream.readLong();
    return new Header(mode, length, DataType.valueOf(stream.readUTF()));
  }

  private void check() throws IOException {
    Header shape = header();
    long[] info = shapeInfo(shape);
    long elements = elements(info);
    Header data = header();
    require(
        switch (data.type) {
          case FLOAT, DOUBLE, HALF, BFLOAT16 -> true;
          default -> false;
        },
        "it has elements of type " + data.type);
    require(data.length == elements, "its shape and its length contradict each other");
    long extras = info[info.length - 3];
    require(
        shape.isLegacy() || extras == 0 || extras == ArrayOptionsHelper.setOptionBit(0L, data.type),
        "its header is broken");
    long left = stream.available();
    require(
        left % data.type.width() == 0 && left / data.type.width() == elements,
        "it should have " + elements + " numbers, and has " + left + " bytes");
  }

  private long[] shapeInfo(Header header) throws IOException {
    require(header.type == DataType.LONG || header.type == DataType.INT, "its header is broken");
    require(header.length >= 4 && header.length <= 2 * MOST_DIMENSIONS + 4, "its header is broken");
    long[] info = new long[(int) header.length];
    for (int i = 0; i < info.length; i++) {
      info[i] = header.type == DataType.LONG ? stream.readLong() : stream.readInt();
    }
    require(info[0] >= 0 && 2 * info[0] + 4 == info.length, "its header is broken");
    return info;
  }

  /** The vector's length; its numbers must lie side by side. */
  private long elements(long[] info) {
    int rank = (int) info[0];
    long elements = 1;
    for (int i = 1; i <= rank; i++) {
      if (info[i] != 1) {
        require(elements == 1 && info[i] > 0, "it is no vector");
        require(info[rank + i] == 1, "its strides are not those of a vector");
        elements = info[i];
      }
    }
    long order = info[info.length - 1];
    require(order == 'c' || order == 'f', "its header is broken");
    require(info[info.length - 2] >= 0 && info[info.length - 2] <= 1, "its header is broken");
    require(elements <= bytes.length, "it claims to have " + elements + " numbers");
    return elements;
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
