package org.lsq4j.deploy.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads numbers and texts, little-endian, and allocates nothing that the bytes cannot fill. */
final class ByteSource {

  private static final int GROUP_BITS = 7;
  private static final int MORE = 1 << GROUP_BITS;

  private final ByteBuffer bytes;

  ByteSource(byte[] bytes, int from, int length) {
    this.bytes = ByteBuffer.wrap(bytes, from, length).order(ByteOrder.LITTLE_ENDIAN);
  }

  int u8() {
    return need(Byte.BYTES).get() & 0xff;
  }

  /**
   * A number from 0 to 2^31 - 1 in groups of 7 bits, the lowest first; all but the last have bit 7.
   */
  int count() {
    long value = 0;
    for (int shift = 0; shift <= Integer.SIZE; shift += GROUP_BITS) {
      int group = u8();
      value |= (long) (group & ~MORE) << shift;
      if (group < MORE) {
        return checkedCount(value, group == 0 && shift > 0);
      }
    }
    throw new PackedFormatException("a number has more than 5 bytes");
  }

  private static int checkedCount(long value, boolean isLonger) {
    if (isLonger) {
      throw new PackedFormatException("a number has more bytes than it needs");
    }
    if (value > Integer.MAX_VALUE) {
      throw new PackedFormatException(value + " is too large a number");
    }
    return (int) value;
  }

  int i16() {
    return need(Short.BYTES).getShort();
  }

  /** A 16-bit number without sign, as in the header. */
  int u16() {
    return need(Short.BYTES).getShort() & 0xffff;
  }

  /** A 32-bit number up to 2^31 - 1, as in the header. */
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
    byte[] encoded = bytes(count());
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
