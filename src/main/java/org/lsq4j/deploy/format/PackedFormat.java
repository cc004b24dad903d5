package org.lsq4j.deploy.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.files.DurableFile;

/**
 * Packed models: a header, the graph, a checksum. The reader trusts nothing: every size is checked
 * against the bytes that are there before anything is allocated, and a graph that is made of them
 * passes the same checks as any other.
 */
public final class PackedFormat {

  /** Version that is written, and the only one that is read. */
  public static final int VERSION = 1;

  /** How file names end. */
  public static final String EXTENSION = ".lsq";

  /** Largest file: 2^28 bytes. */
  public static final int LARGEST_FILE = 1 << 28;

  /** Not text, and what turns line ends or cuts off the eighth bit shows. */
  private static final byte[] MAGIC = {(byte) 0x89, 'L', 'S', 'Q', '\r', '\n', 0x1a, '\n'};

  private static final int HEADER = MAGIC.length + 2 * Short.BYTES + Integer.BYTES;
  private static final int CHECKSUM = Integer.BYTES;

  private PackedFormat() {}

  /** A model as bytes. */
  public static byte[] toBytes(IntegerGraph graph) {
    byte[] body = GraphWriter.write(graph);
    ByteBuffer file =
        ByteBuffer.allocate(HEADER + body.length + CHECKSUM).order(ByteOrder.LITTLE_ENDIAN);
    file.put(MAGIC).putShort((short) VERSION).putShort((short) 0).putInt(body.length).put(body);
    return file.putInt(checksum(file.array())).array();
  }

  /** Checksum of a file's bytes but the last four: CRC-32 as in zip and PNG. */
  private static int checksum(byte[] file) {
    CRC32 crc = new CRC32();
    crc.update(file, 0, file.length - CHECKSUM);
    return (int) crc.getValue();
  }

  /**
   * Writes a file at once or not at all.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  public static void write(IntegerGraph graph, Path file) {
    DurableFile.write(file, toBytes(graph));
  }

  /** Whether a file begins as packed models do. */
  public static boolean isPacked(Path file) {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (var stream = Files.newInputStream(file)) {
      return Arrays.equals(stream.readNBytes(MAGIC.length), MAGIC);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads a file.
   *
   * @throws PackedFormatException if it is missing or no packed model; the message names the file
   */
  public static IntegerGraph read(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new PackedFormatException("there is no such file");
      }
      requireLength(Files.size(file));
      return read(Files.readAllBytes(file));
    } catch (PackedFormatException e) {
      throw new PackedFormatException(file + " is not a packed model: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads bytes.
   *
   * @throws PackedFormatException if they are no packed model
   */
  public static IntegerGraph read(byte[] file) {
    requireHeader(file);
    ByteSource body = new ByteSource(file, HEADER, file.length - HEADER - CHECKSUM);
    try {
      return GraphReader.read(body);
    } catch (IllegalArgumentException e) {
      throw new PackedFormatException(e.getMessage(), e);
    }
  }

  private static void requireLength(long length) {
    if (length > LARGEST_FILE) {
      throw new PackedFormatException(
          "it has " + length + " bytes; at most " + LARGEST_FILE + " are read");
    }
  }

  private static void requireHeader(byte[] file) {
    requireLength(file.length);
    if (file.length < HEADER + CHECKSUM) {
      throw new PackedFormatException("it has only " + file.length + " bytes");
    }
    if (!Arrays.equals(file, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new PackedFormatException("it does not begin as packed models do");
    }
    ByteSource header = new ByteSource(file, MAGIC.length, HEADER - MAGIC.length);
    int version = header.u16();
    if (version != VERSION) {
      throw new PackedFormatException(
          "it has version "
              + version
              + ", but this program reads version "
              + VERSION
              + "; export the model again or use a newer program");
    }
    if (header.u16() != 0) {
      throw new PackedFormatException("it has flags that are not known");
    }
    int expected = header.u32();
    if (expected != file.length - HEADER - CHECKSUM) {
      throw new PackedFormatException(
          "it should have "
              + (expected + (long) HEADER + CHECKSUM)
              + " bytes, but has "
              + file.length
              + "; it was cut off or added to");
    }
    int stored =
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(file.length - CHECKSUM);
    if (stored != checksum(file)) {
      throw new PackedFormatException("its checksum is wrong: it is damaged");
    }
  }
}
