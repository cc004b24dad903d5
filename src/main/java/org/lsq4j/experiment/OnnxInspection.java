package org.lsq4j.experiment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.lsq4j.deploy.graph.ModelInfo.PixelScaling;
import org.lsq4j.deploy.onnx.OnnxContents;
import org.lsq4j.deploy.onnx.OnnxContents.OnnxQuantizer;
import org.lsq4j.deploy.onnx.OnnxForm;

/**
 * What is in an ONNX model of LSQ4J.
 *
 * @param file the file
 * @param fileBytes its size
 * @param form how quantizers are written
 * @param opset version of ONNX's operators
 * @param dataset name of the data it was trained on; empty if not known
 * @param classNames name of each output; empty if not known
 * @param scaling how pixels become inputs; null if not known
 * @param operators how many nodes there are of each operator
 * @param quantizers all quantizers in computation order
 */
public record OnnxInspection(
    String file,
    long fileBytes,
    OnnxForm form,
    long opset,
    String dataset,
    List<String> classNames,
    PixelScaling scaling,
    Map<String, Integer> operators,
    List<OnnxQuantizer> quantizers) {

  /** Whether a file is an ONNX model, by its first bytes or its name. */
  public static boolean isFor(Path file) {
    return DeployedModels.isOnnx(file);
  }

  /** Reads an ONNX model. */
  public static OnnxInspection of(Path file) {
    OnnxContents contents = OnnxContents.read(file);
    try {
      return new OnnxInspection(
          file.toString(),
          Files.size(file),
          contents.form(),
          contents.opset(),
          contents.info().dataset(),
          contents.info().classNames(),
          contents.info().scaling().orElse(null),
          contents.operators(),
          contents.quantizers());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** This as JSON. */
  public String toJson() {
    return Mappers.toJson(this);
  }
}
