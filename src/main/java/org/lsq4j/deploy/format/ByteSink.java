package org.lsq4j.deploy.format;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes numbers and texts, little-endian. */
final class ByteSink {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  void u8(int value) {
    bytes.write(checked(value, 0xff));
  }

  void u16(int value) {
    append(number(Short.BYTES).putShort((short) checked(value, 0xffff)));
  }

  void i16(int value) {
    append(number(Short.BYTES).putShort((short) value));
  }

  void u32(int value) {
    append(number(Integer.BYTES).putInt(checked(value, Integer.MAX_VALUE)));
  }

  void f32(float value) {
    append(number(Float.BYTES).putFloat(value));
  }

  void f64(double value) {
    append(number(Double.BYTES).putDouble(value));
  }

  /** Length as 16 bits, then UTF-8. */
  void text(String value) {
    byte[] encoded = value.getBytes(StandardCharsets.UTF_8);
    u16(encoded.length);
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
