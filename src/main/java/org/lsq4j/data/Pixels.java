package org.lsq4j.data;

/** Values of many images, one after the other, each in HWC order. */
sealed interface Pixels {

  /** How many values there are. */
  int length();

  /** What a value was stored as. */
  PixelType type();

  /** Copies values from position {@code from} on. */
  void copy(int from, int length, float[] target, int offset);

  /** Pixels of unsigned bytes. */
  final class Bytes implements Pixels {
    private final byte[] values;

    Bytes(byte[] values) {
      this.values = values;
    }

    @Override
    public int length() {
      return values.length;
    }

    @Override
    public PixelType type() {
      return PixelType.UINT8;
    }

    @Override
    public void copy(int from, int length, float[] target, int offset) {
      for (int i = 0; i < length; i++) {
        target[offset + i] = values[from + i] & 0xff;
      }
    }
  }

  /** Pixels of finite real values. */
  final class Floats implements Pixels {
    private final float[] values;

    private Floats(float[] values) {
      this.values = values;
    }

    /** Checks every value; an error names the source and the image. */
    static Floats checked(String source, float[] values, int imageSize) {
      for (int i = 0; i < values.length; i++) {
        if (!Float.isFinite(values[i])) {
          throw new DataException(
              source + ": image " + i / imageSize + " holds " + values[i] + "; remove or mend it");
        }
      }
      return new Floats(values);
    }

    @Override
    public int length() {
      return values.length;
    }

    @Override
    public PixelType type() {
      return PixelType.FLOAT;
    }

    @Override
    public void copy(int from, int length, float[] target, int offset) {
      System.arraycopy(values, from, target, offset, length);
    }
  }
}
