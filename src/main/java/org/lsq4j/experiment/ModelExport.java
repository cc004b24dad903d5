package org.lsq4j.experiment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.lsq4j.data.ImageShape;
import org.lsq4j.deploy.format.ModelBytes;
import org.lsq4j.deploy.format.PackedFormat;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.onnx.OnnxExporter;
import org.lsq4j.deploy.onnx.OnnxFile;
import org.lsq4j.deploy.onnx.OnnxForm;
import org.lsq4j.deploy.onnx.OnnxModel;
import org.lsq4j.deploy.onnx.OnnxOptions;
import org.lsq4j.deploy.onnx.OnnxRunOptions;
import org.lsq4j.files.DurableFile;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.ModelCard;

/**
 * A saved network written in a form that other programs run.
 *
 * @param file what was written
 * @param fileBytes size of the file
 * @param size what its numbers take at least, and in float
 */
public record ModelExport(Path file, long fileBytes, ModelBytes size) {

  /** Forms a network can be written in. */
  public enum Format {
    /** This project's packed integers. */
    PACKED(PackedFormat.EXTENSION),
    /** ONNX with QuantizeLinear and DequantizeLinear. */
    ONNX(OnnxFile.EXTENSION),
    /** ONNX with QONNX's Quant nodes. */
    QONNX(".qonnx" + OnnxFile.EXTENSION);

    private final String extension;

    Format(String extension) {
      this.extension = extension;
    }

    /** Where a model is written to if nobody says it: beside it, with this format's extension. */
    private Path besides(Path model) {
      String name = model.getFileName().toString();
      int dot = name.lastIndexOf('.');
      return model.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + extension);
    }
  }

  /**
   * What to export.
   *
   * @param model file of a quantized network
   * @param format form to write
   * @param onnx the opset and batch of ONNX files; its form is the format's
   * @param out file for it; empty for one beside the model
   * @param shape size of the images, for models that do not say it
   * @param mode whether a file that is there may be replaced
   */
  public record Request(
      Path model,
      Format format,
      OnnxOptions onnx,
      Optional<Path> out,
      Optional<ImageShape> shape,
      StartMode mode) {

    private Path file() {
      return out.orElseGet(() -> format.besides(model));
    }
  }

  /**
   * Exports a network, and reads what was written.
   *
   * @throws ConfigException if anything asked for does not fit together; nothing was written then
   */
  public static ModelExport of(Request request) {
    Path out = request.file();
    if (Files.exists(out) && request.mode != StartMode.OVERWRITE) {
      throw new ConfigException(out + " is there already; --overwrite replaces it");
    }
    IntegerGraph graph = graph(request);
    switch (request.format) {
      case PACKED -> writePacked(graph, out);
      case ONNX -> writeOnnx(graph, request.onnx.withForm(OnnxForm.QDQ), out);
      case QONNX -> writeOnnx(graph, request.onnx.withForm(OnnxForm.QONNX), out);
    }
    try {
      return new ModelExport(out, Files.size(out), ModelBytes.of(graph));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static IntegerGraph graph(Request request) {
    if (DeployedModel.isFor(request.model)) {
      throw new ConfigException(
          request.model
              + " is "
              + (DeployedModels.isPacked(request.model) ? "a packed" : "an ONNX")
              + " model already; export the network it was made from");
    }
    Checkpoint model = Checkpoint.read(request.model);
    ImageShape shape =
        model
            .card()
            .map(ModelCard::shape)
            .or(request::shape)
            .orElseThrow(
                () ->
                    new ConfigException(
                        request.model
                            + ": the file does not say the size of its images; give --shape"));
    return DeployedModels.graph(model, shape);
  }

  private static void writePacked(IntegerGraph graph, Path out) {
    PackedFormat.write(graph, out);
    if (!PackedFormat.read(out).equals(graph)) {
      throw new IllegalStateException(out + " does not hold what was written");
    }
  }

  /** Writes a file that ONNX Runtime takes. */
  private static void writeOnnx(IntegerGraph graph, OnnxOptions options, Path out) {
    byte[] model = OnnxExporter.toBytes(graph, options, Versions.lsq4j());
    OnnxModel.of(model, OnnxRunOptions.LITERAL).close();
    DurableFile.write(out, model);
  }
}
