package org.lsq4j.deploy.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.util.Arrays;

/** ONNX's types that codes are stored in. */
enum CodeType {
  INT4(TensorProto.DataType.INT4, -8, 7),
  UINT8(TensorProto.DataType.UINT8, 0, 255),
  INT8(TensorProto.DataType.INT8, -128, 127);

  private static final int FOUR_BITS = 0xf;
  private static final int HALF_BYTE = 4;

  private final TensorProto.DataType onnx;
  private final int lowest;
  private final int highest;

  CodeType(TensorProto.DataType onnx, int lowest, int highest) {
    this.onnx = onnx;
    this.lowest = lowest;
    this.highest = highest;
  }

  /** The type of a number in a file. */
  static CodeType of(int dataType) {
    return Arrays.stream(values())
        .filter(type -> type.onnx.getNumber() == dataType)
        .findFirst()
        .orElseThrow(
            () ->
                new OnnxFileException(
                    "it has codes of the type " + dataType + ", not 4 or 8 bits"));
  }

  TensorProto.DataType onnx() {
    return onnx;
  }

  int lowest() {
    return lowest;
  }

  int highest() {
    return highest;
  }

  boolean isSigned() {
    return lowest < 0;
  }

  private boolean isFourBits() {
    return highest - lowest == FOUR_BITS;
  }

  /** As ONNX stores them: a byte each, or two in a byte, the first in its lower half. */
  ByteString store(int[] codes) {
    if (!isFourBits()) {
      byte[] bytes = new byte[codes.length];
      for (int i = 0; i < codes.length; i++) {
        bytes[i] = (byte) codes[i];
      }
      return ByteString.copyFrom(bytes);
    }
    byte[] bytes = new byte[(codes.length + 1) / 2];
    for (int i = 0; i < codes.length; i++) {
      bytes[i / 2] |= (byte) ((codes[i] & FOUR_BITS) << (i % 2 * HALF_BYTE));
    }
    return ByteString.copyFrom(bytes);
  }

  /** The first number of a stored tensor. */
  int first(ByteString stored) {
    if (stored.isEmpty()) {
      throw new OnnxFileException("it has a tensor without numbers");
    }
    int value = stored.byteAt(0) & (isFourBits() ? FOUR_BITS : 0xff);
    return value > highest ? value - (highest - lowest + 1) : value;
  }
}
