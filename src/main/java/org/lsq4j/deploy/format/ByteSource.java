package org.lsq4j.deploy.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads numbers and texts, little-endian, and allocates nothing that the bytes cannot fill. */
final class ByteSource {

  private final ByteBuffer bytes;

  ByteSource(byte[] bytes, int from, int length) {
    this.bytes = ByteBuffer.wrap(bytes, from, length).order(ByteOrder.LITTLE_ENDIAN);
  }

  int u8() {
    return need(Byte.BYTES).get() & 0xff;
  }

  int u16() {
    return need(Short.BYTES).getShort() & 0xffff;
  }

  int i16() {
    return need(Short.BYTES).getShort();
  }

  /** Up to 2^31 - 1; nothing in a model is larger. */
  int u32() {
    int value = need(Integer.BYTES).getInt();
    if (value < 0) {
      throw new PackedFormatException(Integer.toUnsignedString(value) + " is too large a number");
    }
    return value;
  }

  float f32() {
    return need(Float.BYTES).getFloat();
  }

  double f64() {
    return need(Double.BYTES).getDouble();
  }

  float[] floats(int count) {
    need((long) count * Float.BYTES);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = bytes.getFloat();
    }
    return values;
  }

  String text() {
    byte[] encoded = bytes(u16());
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(encoded)).toString();
    } catch (CharacterCodingException e) {
      throw new PackedFormatException("a text is not valid UTF-8", e);
    }
  }

  byte[] bytes(long length) {
    need(length);
    byte[] values = new byte[(int) length];
    bytes.get(values);
    return values;
  }

  int remaining() {
    return bytes.remaining();
  }

  private ByteBuffer need(long length) {
    if (length > bytes.remaining()) {
      throw new PackedFormatException(
          "it ends too early: " + length + " bytes are needed, " + bytes.remaining() + " left");
    }
    return bytes;
  }
}
