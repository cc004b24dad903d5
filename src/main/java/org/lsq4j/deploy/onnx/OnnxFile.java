package org.lsq4j.deploy.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** ONNX files as such. */
public final class OnnxFile {

  /** Extension of ONNX files. */
  public static final String EXTENSION = ".onnx";

  /** Largest file that is read: 2^28 bytes. */
  private static final long LARGEST_FILE = 1L << 28;

  /** Protobuf's mark of the first field, a number: the version of the file format. */
  private static final int FIRST_FIELD = 0x08;

  private static final int LAST_VERSION = 0x7f;

  private OnnxFile() {}

  /** Whether a file begins as ONNX models do, which have no magic number: with a small version. */
  public static boolean isOnnx(Path file) {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (var stream = Files.newInputStream(file)) {
      int first = stream.read();
      int version = stream.read();
      return first == FIRST_FIELD && version > 0 && version <= LAST_VERSION;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads the bytes of a file.
   *
   * @throws OnnxFileException if there is none, or it is too large
   */
  public static byte[] read(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new OnnxFileException(file + ": there is no such file");
      }
      if (Files.size(file) > LARGEST_FILE) {
        throw new OnnxFileException(
            file
                + ": it has "
                + Files.size(file)
                + " bytes; at most "
                + LARGEST_FILE
                + " are read");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  static ModelProto parse(byte[] bytes) {
    try {
      ModelProto model = ModelProto.parseFrom(bytes);
      if (!model.hasGraph()) {
        throw new OnnxFileException("it is no ONNX model: it has no graph");
      }
      return model;
    } catch (InvalidProtocolBufferException e) {
      throw new OnnxFileException("it is no ONNX model: " + e.getMessage(), e);
    }
  }
}
