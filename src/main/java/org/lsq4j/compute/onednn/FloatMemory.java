package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Floats in native memory, in two views. Valid as long as the array they belong to.
 *
 * @param floats as floats
 * @param bytes as bytes, in the processor's order
 */
record FloatMemory(FloatBuffer floats, ByteBuffer bytes) {

  /** The most floats that there can be. */
  static final long MAX_LENGTH = Integer.MAX_VALUE / Float.BYTES;

  /** The elements of a dense array, in memory order. */
  static FloatMemory of(INDArray array) {
    return of(DenseTensors.pointer(array), array.length());
  }

  /** Some floats from an address on. */
  static FloatMemory of(Pointer first, long count) {
    return new FloatMemory(
        new FloatPointer(first).capacity(count).asBuffer(),
        new BytePointer(first)
            .capacity(count * Float.BYTES)
            .asBuffer()
            .order(ByteOrder.nativeOrder()));
  }
}
