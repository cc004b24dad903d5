package org.lsq4j.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Writes idx files for tests. */
final class IdxBytes {
  private IdxBytes() {}

  /**
   * An idx file of unsigned bytes; {@code body} is what follows the header, whatever its length.
   */
  static byte[] ubytes(byte[] body, int... dimensions) {
    return file(0x08, body, dimensions);
  }

  static byte[] floats(float[] values, int... dimensions) {
    ByteBuffer body = ByteBuffer.allocate(values.length * Float.BYTES);
    for (float value : values) {
      body.putFloat(value);
    }
    return file(0x0d, body.array(), dimensions);
  }

  static byte[] doubles(double[] values, int... dimensions) {
    ByteBuffer body = ByteBuffer.allocate(values.length * Double.BYTES);
    for (double value : values) {
      body.putDouble(value);
    }
    return file(0x0e, body.array(), dimensions);
  }

  static byte[] labels(int... labels) {
    byte[] body = new byte[labels.length];
    for (int i = 0; i < labels.length; i++) {
      body[i] = (byte) labels[i];
    }
    return ubytes(body, labels.length);
  }

  static byte[] gzip(byte[] content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * A folder with two 2x2 training images, of the classes 0 and 1, and one test image of class 1.
   */
  static Path folder(Path folder) throws IOException {
    Files.createDirectories(folder);
    byte[] train = {1, 2, 3, 4, 5, 6, 7, (byte) 200};
    Files.write(folder.resolve("train-images-idx3-ubyte"), ubytes(train, 2, 2, 2));
    Files.write(folder.resolve("train-labels-idx1-ubyte.gz"), gzip(labels(0, 1)));
    byte[] test = {9, 8, 7, 6};
    Files.write(folder.resolve("test-images-idx3-ubyte.gz"), gzip(ubytes(test, 1, 2, 2)));
    Files.write(folder.resolve("test-labels-idx1-ubyte"), labels(1));
    return folder;
  }

  private static byte[] file(int type, byte[] body, int... dimensions) {
    ByteBuffer file = ByteBuffer.allocate(4 + 4 * dimensions.length + body.length);
    file.putInt(type << 8 | dimensions.length);
    for (int dimension : dimensions) {
      file.putInt(dimension);
    }
    return file.put(body).array();
  }
}
