package org.lsq4j.experiment;

import java.nio.file.Path;
import java.util.Optional;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.data.ImageShape;
import org.lsq4j.data.Normalization;
import org.lsq4j.deploy.format.PackedFormat;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.onnx.OnnxFile;
import org.lsq4j.deploy.onnx.OnnxModel;
import org.lsq4j.deploy.onnx.OnnxRunOptions;
import org.lsq4j.deploy.runtime.IntegerModel;
import org.lsq4j.network.FastNetwork;
import org.lsq4j.network.Networks;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.ModelCard;

/** A model of any form that is compared with another. */
final class ComparedModel implements AutoCloseable {

  /** Computes a batch of images, [N, height, width, channels], scaled. */
  @FunctionalInterface
  private interface Outputs {
    float[] of(float[] images, int count);
  }

  private final Shape inputShape;
  private final int classes;
  private final Optional<Normalization> normalization;
  private final Optional<IntegerGraph> graph;
  private final Outputs outputs;
  private final TracedModel trace;
  private final Runnable end;

  private ComparedModel(IntegerGraph graph, Outputs outputs, TracedModel trace, Runnable end) {
    inputShape = graph.inputShape();
    classes = graph.outputShape().size();
    normalization = DeployedModels.normalization(graph.info());
    this.graph = Optional.of(graph);
    this.outputs = outputs;
    this.trace = trace;
    this.end = end;
  }

  private ComparedModel(OnnxModel model, byte[] file) {
    inputShape = model.inputShape();
    classes = model.outputShape().size();
    normalization = DeployedModels.normalization(model.info());
    graph = Optional.empty();
    outputs =
        (images, count) -> {
          float[] results = new float[count * classes];
          model.predict(images, count, results);
          return results;
        };
    trace = TracedModel.of(file);
    end = model::close;
  }

  /** Reads a file; ONNX models are computed without optimisations. */
  static ComparedModel read(Path file) {
    if (DeployedModels.isPacked(file)) {
      return packed(PackedFormat.read(file));
    }
    return DeployedModels.isOnnx(file)
        ? new ComparedModel(OnnxModel.read(file, OnnxRunOptions.LITERAL), OnnxFile.read(file))
        : network(file, Checkpoint.read(file));
  }

  private static ComparedModel packed(IntegerGraph graph) {
    IntegerModel model = IntegerModel.of(graph);
    int classes = graph.outputShape().size();
    Outputs outputs =
        (images, count) -> {
          float[] results = new float[count * classes];
          model.predict(images, count, results);
          return results;
        };
    return new ComparedModel(graph, outputs, TracedModel.of(graph), model::close);
  }

  private static ComparedModel network(Path file, Checkpoint model) {
    ImageShape shape =
        model
            .card()
            .map(ModelCard::shape)
            .orElseThrow(
                () ->
                    new ConfigException(
                        file
                            + ": the file does not say the size of its images; LSQ4J's own models"
                            + " do"));
    IntegerGraph graph = DeployedModels.graph(model, shape);
    CNN2DFormat format = DeployedModels.format(model);
    NeuralNetwork network = FastNetwork.of(model.network());
    Outputs outputs =
        (images, count) ->
            Networks.output(
                    network, TracedModel.features(images, count, graph.inputShape(), format))
                .dup('c')
                .data()
                .asFloat();
    return new ComparedModel(graph, outputs, TracedModel.of(network, format, graph), () -> {});
  }

  Shape inputShape() {
    return inputShape;
  }

  int classes() {
    return classes;
  }

  /** How pixels are scaled, if the file says so. */
  Optional<Normalization> normalization() {
    return normalization;
  }

  /** The integer form, which has the quantizers of layers; ONNX files have none. */
  Optional<IntegerGraph> graph() {
    return graph;
  }

  /** Outputs of a batch, [N, classes]. */
  float[] outputs(float[] images, int count) {
    return outputs.of(images, count);
  }

  TracedModel trace() {
    return trace;
  }

  @Override
  public void close() {
    end.run();
  }
}
