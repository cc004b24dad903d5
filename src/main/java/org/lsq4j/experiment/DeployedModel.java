package org.lsq4j.experiment;

import java.nio.file.Path;
import org.lsq4j.deploy.format.PackedFormat;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.onnx.OnnxModel;
import org.lsq4j.deploy.onnx.OnnxRunOptions;
import org.lsq4j.deploy.runtime.IntegerModel;
import org.lsq4j.deploy.runtime.RuntimeOptions;

/**
 * A model in a file that was exported: packed or ONNX.
 *
 * @param inputShape of one input
 * @param outputShape of one output
 * @param info how to feed it
 * @param predictor computes
 * @param release frees what it computes with
 */
record DeployedModel(
    Shape inputShape, Shape outputShape, ModelInfo info, Predictor predictor, Runnable release)
    implements AutoCloseable {

  /** Computes batches. */
  interface Predictor {
    /**
     * Computes a batch.
     *
     * @param inputs [N, height, width, channels], scaled as the model was trained
     * @param count N
     * @param outputs receives [N, height, width, channels] of the output shape
     */
    void predict(float[] inputs, int count, float[] outputs);
  }

  /** Computes a batch, see {@link Predictor}. */
  void predict(float[] inputs, int count, float[] outputs) {
    predictor.predict(inputs, count, outputs);
  }

  @Override
  public void close() {
    release.run();
  }

  /** Whether a file is such a model, by its first bytes or its name. */
  static boolean isFor(Path file) {
    return DeployedModels.isPacked(file) || DeployedModels.isOnnx(file);
  }

  /** Reads a file; computes with a number of threads. */
  static DeployedModel read(Path file, int threads) {
    return DeployedModels.isPacked(file)
        ? packed(PackedFormat.read(file), threads)
        : onnx(file, threads);
  }

  private static DeployedModel packed(IntegerGraph graph, int threads) {
    IntegerModel model = IntegerModel.of(graph, RuntimeOptions.DEFAULT.withThreads(threads));
    return new DeployedModel(
        model.inputShape(), model.outputShape(), graph.info(), model::predict, model::close);
  }

  private static DeployedModel onnx(Path file, int threads) {
    OnnxModel model = OnnxModel.read(file, OnnxRunOptions.DEFAULT.withThreads(threads));
    return new DeployedModel(
        model.inputShape(), model.outputShape(), model.info(), model::predict, model::close);
  }
}
