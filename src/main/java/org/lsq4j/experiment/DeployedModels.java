package org.lsq4j.experiment;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.lsq4j.data.ImageShape;
import org.lsq4j.data.Normalization;
import org.lsq4j.data.NormalizationKind;
import org.lsq4j.deploy.export.GraphExporter;
import org.lsq4j.deploy.format.PackedFormat;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.deploy.graph.ModelInfo.PixelScaling;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.onnx.OnnxFile;
import org.lsq4j.network.Networks;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.ModelCard;

/** What exported models and this program's other models have in common. */
final class DeployedModels {

  private DeployedModels() {}

  /** Whether a file is a packed model, or is called so. */
  static boolean isPacked(Path file) {
    return file.toString().endsWith(PackedFormat.EXTENSION) || PackedFormat.isPacked(file);
  }

  /** Whether a file is an ONNX model, or is called so. */
  static boolean isOnnx(Path file) {
    return file.toString().endsWith(OnnxFile.EXTENSION) || OnnxFile.isOnnx(file);
  }

  /** As many threads as everything else here uses. */
  static int threads() {
    String wanted = System.getenv("OMP_NUM_THREADS");
    boolean isNumber = wanted != null && wanted.matches("[1-9]\\d{0,3}");
    return isNumber ? Integer.parseInt(wanted) : Runtime.getRuntime().availableProcessors();
  }

  /** A saved network as a graph of integer operations. */
  static IntegerGraph graph(Checkpoint model, ImageShape shape) {
    InputType input =
        InputType.convolutional(shape.height(), shape.width(), shape.channels(), format(model));
    ModelInfo info = model.card().map(DeployedModels::info).orElse(ModelInfo.UNKNOWN);
    return GraphExporter.export(model.network(), input, info);
  }

  /** The order of axes that a saved network takes. */
  static CNN2DFormat format(Checkpoint model) {
    return model
        .card()
        .map(ModelCard::format)
        .orElseGet(() -> FloatNetwork.formatOf(model.network()));
  }

  /** Size of a model's images. */
  static ImageShape imageShape(Shape shape) {
    return new ImageShape(shape.height(), shape.width(), shape.channels());
  }

  /** How a model's pixels are scaled, if it says so. */
  static Optional<Normalization> normalization(ModelInfo info) {
    return info.scaling()
        .map(scaling -> new Normalization(kind(scaling.kind()), scaling.center(), scaling.scale()));
  }

  /** For people only: the numbers say what is computed. */
  private static NormalizationKind kind(String name) {
    return Arrays.stream(NormalizationKind.values())
        .filter(kind -> Networks.words(kind).equals(name))
        .findFirst()
        .orElse(NormalizationKind.STANDARDIZE);
  }

  /** What a model's card tells. */
  static ModelInfo info(ModelCard card) {
    Normalization normalization = card.normalization();
    PixelScaling scaling =
        new PixelScaling(
            Networks.words(normalization.kind()), normalization.center(), normalization.scale());
    return new ModelInfo(card.dataset(), card.classNames(), Optional.of(scaling));
  }
}
