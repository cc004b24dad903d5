package org.lsq4j.deploy.format;

/**
 * Signed codes of 2 to 8 bits in two's complement, one behind the other without gaps, the lowest
 * bit first: code i takes the bits from i * b on, bit k being bit k % 8 of byte k / 8. What is left
 * of the last byte is 0.
 */
final class BitPacking {

  private BitPacking() {}

  /** Bytes that codes take. */
  static long packedLength(long count, int bits) {
    return (count * bits + Byte.SIZE - 1) / Byte.SIZE;
  }

  static byte[] pack(byte[] codes, int bits) {
    byte[] packed = new byte[Math.toIntExact(packedLength(codes.length, bits))];
    int mask = (1 << bits) - 1;
    long at = 0;
    for (byte code : codes) {
      int shifted = (code & mask) << (at % Byte.SIZE);
      int index = (int) (at / Byte.SIZE);
      packed[index] |= (byte) shifted;
      if (shifted > 0xff) {
        packed[index + 1] |= (byte) (shifted >> Byte.SIZE);
      }
      at += bits;
    }
    return packed;
  }

  /**
   * The reverse.
   *
   * @throws PackedFormatException if bits behind the last code are not 0
   */
  static byte[] unpack(byte[] packed, int count, int bits) {
    byte[] codes = new byte[count];
    int unused = Integer.SIZE - bits;
    long at = 0;
    for (int i = 0; i < count; i++) {
      int index = (int) (at / Byte.SIZE);
      int pair = packed[index] & 0xff;
      if (index + 1 < packed.length) {
        pair |= (packed[index + 1] & 0xff) << Byte.SIZE;
      }
      // To the top and back: that repeats the sign bit.
      codes[i] = (byte) (pair >> (at % Byte.SIZE) << unused >> unused);
      at += bits;
    }
    int left = (int) (at % Byte.SIZE);
    if (left != 0 && (packed[packed.length - 1] & 0xff) >> left != 0) {
      throw new PackedFormatException("bits behind the last weight are not 0");
    }
    return codes;
  }
}
