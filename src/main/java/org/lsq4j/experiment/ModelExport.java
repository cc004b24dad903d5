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
 * A saved network written in another form.
 *
 * @param file what was written
 * @param fileBytes size of the file
 * @param size what its numbers take at least, and in float; empty if the form is not one of
 *     integers
 */
public record ModelExport(Path file, long fileBytes, Optional<ModelBytes> size) {

  /** Forms a network can be written in. */
  public enum Format {
    /** This project's packed integers. */
    PACKED(PackedFormat.EXTENSION),
    /** ONNX with QuantizeLinear and DequantizeLinear. */
    ONNX(OnnxFile.EXTENSION),
    /** ONNX with QONNX's Quant nodes. */
    QONNX(".qonnx" + OnnxFile.EXTENSION),
    /** The network as it is, float or quantized, without the state of its training. */
    DL4J(".dl4j.zip");

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
   * @param model file of a network, which must be quantized for all forms but {@link Format#DL4J}
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
    requireNetwork(request.model);
    requireAnother(request.model, out);
    Checkpoint model = Checkpoint.read(request.model);
    Optional<ModelBytes> size = Optional.empty();
    if (request.format == Format.DL4J) {
      model.writeNetwork(out);
    } else {
      size = Optional.of(writeIntegers(graph(model, request), request, out));
    }
    try {
      return new ModelExport(out, Files.size(out), size);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void requireAnother(Path model, Path out) {
    try {
      if (Files.exists(out) && Files.isSameFile(model, out)) {
        throw new ConfigException(
            "--out: is "
                + out
                + ", the model itself, whose training could not go on afterwards; give another file");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ModelBytes writeIntegers(IntegerGraph graph, Request request, Path out) {
    if (request.format == Format.PACKED) {
      writePacked(graph, out);
    } else {
      OnnxForm form = request.format == Format.ONNX ? OnnxForm.QDQ : OnnxForm.QONNX;
      writeOnnx(graph, request.onnx.withForm(form), out);
    }
    return ModelBytes.of(graph);
  }

  private static void requireNetwork(Path model) {
    if (DeployedModel.isFor(model)) {
      throw new ConfigException(
          model
              + " is "
              + (DeployedModels.isPacked(model) ? "a packed" : "an ONNX")
              + " model already; export the network it was made from");
    }
  }

  private static IntegerGraph graph(Checkpoint model, Request request) {
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
