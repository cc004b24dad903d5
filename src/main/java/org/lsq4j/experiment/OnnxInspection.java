package org.lsq4j.experiment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.lsq4j.deploy.onnx.OnnxContents;

/**
 * What is in an ONNX model of LSQ4J.
 *
 * @param file the file
 * @param fileBytes its size
 * @param contents its nodes and quantizers
 */
public record OnnxInspection(String file, long fileBytes, OnnxContents contents) {

  /** Whether a file is an ONNX model, by its first bytes or its name. */
  public static boolean isFor(Path file) {
    return DeployedModels.isOnnx(file);
  }

  /** Reads an ONNX model. */
  public static OnnxInspection of(Path file) {
    OnnxContents contents = OnnxContents.read(file);
    try {
      return new OnnxInspection(file.toString(), Files.size(file), contents);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** This as JSON. */
  public String toJson() {
    return Mappers.toJson(this);
  }
}
