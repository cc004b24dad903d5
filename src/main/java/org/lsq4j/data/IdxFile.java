package org.lsq4j.data;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.zip.GZIPInputStream;

/**
 * Content of an idx file, the format of MNIST: a magic number 0x0000TTDD of element type TT and
 * number of dimensions DD, the dimensions as big-endian ints, then the elements, the last dimension
 * fastest. Images have the dimensions (count, height, width) or (count, height, width, channels).
 */
final class IdxFile {
  private static final int UBYTE = 0x08;
  private static final int FLOAT = 0x0d;
  private static final int DOUBLE = 0x0e;
  private static final int BUFFER_BYTES = 1 << 16;

  private final String name;
  private final int type;
  private final int[] dimensions;
  private final byte[] body;

  private IdxFile(String name, int type, int[] dimensions, byte[] body) {
    this.name = name;
    this.type = type;
    this.dimensions = dimensions;
    this.body = body;
  }

  /** Reads images: 3 or 4 dimensions of unsigned bytes, floats or doubles. */
  static IdxFile readImages(String name, InputStream stream) throws IOException {
    IdxFile file = read(name, stream, "0x0000TTDD with type TT 08, 0d or 0e and DD 03 or 04");
    int rank = file.dimensions.length;
    if (rank != 3 && rank != 4) {
      throw new DataException(
          String.format("%s: %d dimensions, but images have 3 or 4", name, rank));
    }
    return file;
  }

  /** Reads labels: 1 dimension of unsigned bytes. */
  static IdxFile readLabels(String name, InputStream stream) throws IOException {
    IdxFile file = read(name, stream, "0x00000801");
    if (file.type != UBYTE || file.dimensions.length != 1) {
      throw wrongMagic(name, file.type << 8 | file.dimensions.length, "0x00000801");
    }
    return file;
  }

  /** These images with their labels. */
  ImageSet withLabels(IdxFile labels) {
    if (labels.count() != count()) {
      throw new DataException(
          String.format(
              "%s has %d images, but %s has %d labels",
              name, count(), labels.name, labels.count()));
    }
    try {
      return new ImageSet(shape(), pixels(), labels.toInts());
    } catch (DataException e) {
      throw e.getMessage().startsWith(name)
          ? e
          : new DataException(name + ": " + e.getMessage(), e);
    }
  }

  private int count() {
    return dimensions[0];
  }

  private ImageShape shape() {
    return new ImageShape(dimensions[1], dimensions[2], dimensions.length == 4 ? dimensions[3] : 1);
  }

  private Pixels pixels() {
    return type == UBYTE
        ? new Pixels.Bytes(body)
        : Pixels.Floats.checked(name, toFloats(), shape().size());
  }

  private float[] toFloats() {
    ByteBuffer buffer = ByteBuffer.wrap(body);
    float[] values = new float[body.length / elementBytes(type)];
    for (int i = 0; i < values.length; i++) {
      values[i] = type == FLOAT ? buffer.getFloat() : (float) buffer.getDouble();
    }
    return values;
  }

  private int[] toInts() {
    int[] values = new int[body.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = body[i] & 0xff;
    }
    return values;
  }

  private static IdxFile read(String name, InputStream stream, String expectedMagic)
      throws IOException {
    try {
      DataInputStream in = new DataInputStream(unzipped(stream));
      int magic = in.readInt();
      int type = magic >> 8;
      if (type != UBYTE && type != FLOAT && type != DOUBLE) {
        throw wrongMagic(name, magic, expectedMagic);
      }
      int[] dimensions = readDimensions(name, in, magic & 0xff);
      byte[] body = readBody(name, in, bodyBytes(name, dimensions, elementBytes(type)));
      return new IdxFile(name, type, dimensions, body);
    } catch (EOFException e) {
      throw new DataException(name + ": truncated: it ends within the header", e);
    }
  }

  /** Tells gzip by its first bytes, because names lie: browsers unpack files and keep ".gz". */
  private static InputStream unzipped(InputStream stream) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(stream, BUFFER_BYTES);
    buffered.mark(2);
    boolean zipped = buffered.read() == 0x1f && buffered.read() == 0x8b;
    buffered.reset();
    return zipped ? new GZIPInputStream(buffered, BUFFER_BYTES) : buffered;
  }

  private static int[] readDimensions(String name, DataInputStream in, int rank)
      throws IOException {
    int[] dimensions = new int[rank];
    for (int i = 0; i < rank; i++) {
      dimensions[i] = in.readInt();
      if (dimensions[i] < 0) {
        throw new DataException(name + ": dimension " + i + " is " + dimensions[i]);
      }
    }
    return dimensions;
  }

  private static int bodyBytes(String name, int[] dimensions, int elementBytes) {
    double bytes = elementBytes;
    for (int dimension : dimensions) {
      bytes *= dimension;
    }
    if (bytes > Integer.MAX_VALUE - 8) {
      throw new DataException(name + ": holds over 2 GiB; split it");
    }
    return (int) bytes;
  }

  private static byte[] readBody(String name, InputStream in, int expected) throws IOException {
    byte[] body = new byte[expected];
    int actual = 0;
    try {
      actual = in.readNBytes(body, 0, expected);
    } catch (EOFException e) {
      throw new DataException(name + ": truncated: the gzip stream ends too early", e);
    }
    if (actual < expected) {
      throw new DataException(
          String.format(
              "%s: truncated: %d bytes expected after the header, %d found",
              name, expected, actual));
    }
    if (in.read() >= 0) {
      throw new DataException(
          String.format("%s: more than the %d bytes that its header announces", name, expected));
    }
    return body;
  }

  private static int elementBytes(int type) {
    return switch (type) {
      case UBYTE -> 1;
      case FLOAT -> Float.BYTES;
      case DOUBLE -> Double.BYTES;
      default -> throw new IllegalArgumentException("idx type " + type);
    };
  }

  private static DataException wrongMagic(String name, int magic, String expected) {
    return new DataException(
        String.format("%s: magic number 0x%08x, expected %s", name, magic, expected));
  }
}
