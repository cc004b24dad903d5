package org.lsq4j.experiment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.lsq4j.data.ImageShape;
import org.lsq4j.deploy.export.GraphExporter;
import org.lsq4j.deploy.format.ModelBytes;
import org.lsq4j.deploy.format.PackedFormat;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.ModelCard;

/**
 * A saved network written in a form that other programs run.
 *
 * @param fileBytes size of the file
 * @param size what its numbers take at least, and in float
 */
public record ModelExport(long fileBytes, ModelBytes size) {

  /** Forms a network can be written in. */
  public enum Format {
    /** This project's packed integers. */
    PACKED
  }

  /**
   * What to export.
   *
   * @param model file of a quantized network
   * @param format form to write
   * @param out file for it
   * @param shape size of the images, for models that do not say it
   * @param mode whether a file that is there may be replaced
   */
  public record Request(
      Path model, Format format, Path out, Optional<ImageShape> shape, StartMode mode) {}

  /**
   * Exports a network, and reads what was written.
   *
   * @throws ConfigException if anything asked for does not fit together; nothing was written then
   */
  public static ModelExport of(Request request) {
    if (Files.exists(request.out) && request.mode != StartMode.OVERWRITE) {
      throw new ConfigException(request.out + " is there already; --overwrite replaces it");
    }
    IntegerGraph graph = graph(request);
    switch (request.format) {
      case PACKED -> writePacked(graph, request.out);
    }
    try {
      return new ModelExport(Files.size(request.out), ModelBytes.of(graph));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static IntegerGraph graph(Request request) {
    if (PackedModel.is(request.model)) {
      throw new ConfigException(
          request.model + " is a packed model already; export the network it was made from");
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
    InputType input =
        InputType.convolutional(
            shape.height(),
            shape.width(),
            shape.channels(),
            model.card().map(ModelCard::format).orElse(FloatNetwork.formatOf(model.network())));
    ModelInfo info = model.card().map(PackedModel::info).orElse(ModelInfo.UNKNOWN);
    return GraphExporter.export(model.network(), input, info);
  }

  private static void writePacked(IntegerGraph graph, Path out) {
    PackedFormat.write(graph, out);
    if (!PackedFormat.read(out).equals(graph)) {
      throw new IllegalStateException(out + " does not hold what was written");
    }
  }
}
