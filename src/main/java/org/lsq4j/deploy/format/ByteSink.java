package org.lsq4j.deploy.format;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes numbers and texts, little-endian. */
final class ByteSink {

  private static final int MORE = 0x80;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  void u8(int value) {
    bytes.write(checked(value, 0xff));
  }

  /**
   * A number from 0 to 2^31 - 1 in groups of 7 bits, the lowest first; all but the last have bit 7.
   */
  void count(int value) {
    int rest = checked(value, Integer.MAX_VALUE);
    while (rest >= MORE) {
      bytes.write(rest % MORE | MORE);
      rest /= MORE;
    }
    bytes.write(rest);
  }

  void i16(int value) {
    append(number(Short.BYTES).putShort((short) value));
  }

  void f32(float value) {
    append(number(Float.BYTES).putFloat(value));
  }

  void f64(double value) {
    append(number(Double.BYTES).putDouble(value));
  }

  /** Length in bytes, then UTF-8. */
  void text(String value) {
    byte[] encoded = value.getBytes(StandardCharsets.UTF_8);
    count(encoded.length);
    bytes(encoded);
  }

  void bytes(byte[] values) {
    bytes.writeBytes(values);
  }

  byte[] toBytes() {
    return bytes.toByteArray();
  }

  private static ByteBuffer number(int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void append(ByteBuffer buffer) {
    bytes.writeBytes(buffer.array());
  }

  private static int checked(int value, int highest) {
    if (value < 0 || value > highest) {
      throw new IllegalArgumentException(
          value + " does not fit the packed format; at most " + highest + " does");
    }
    return value;
  }
}
