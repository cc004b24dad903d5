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

/** A model in a file that was exported: packed or ONNX. */
interface DeployedModel extends AutoCloseable {

  /** Shape of one input. */
  Shape inputShape();

  /** Shape of one output. */
  Shape outputShape();

  /** How to feed it. */
  ModelInfo info();

  /**
   * Computes a batch.
   *
   * @param inputs [N, height, width, channels], scaled as the model was trained
   * @param count N
   * @param outputs receives [N, height, width, channels] of the output shape
   */
  void predict(float[] inputs, int count, float[] outputs);

  @Override
  void close();

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
    return new DeployedModel() {
      @Override
      public Shape inputShape() {
        return model.inputShape();
      }

      @Override
      public Shape outputShape() {
        return model.outputShape();
      }

      @Override
      public ModelInfo info() {
        return graph.info();
      }

      @Override
      public void predict(float[] inputs, int count, float[] outputs) {
        model.predict(inputs, count, outputs);
      }

      @Override
      public void close() {
        model.close();
      }
    };
  }

  private static DeployedModel onnx(Path file, int threads) {
    OnnxModel model = OnnxModel.read(file, OnnxRunOptions.DEFAULT.withThreads(threads));
    return new DeployedModel() {
      @Override
      public Shape inputShape() {
        return model.inputShape();
      }

      @Override
      public Shape outputShape() {
        return model.outputShape();
      }

      @Override
      public ModelInfo info() {
        return model.info();
      }

      @Override
      public void predict(float[] inputs, int count, float[] outputs) {
        model.predict(inputs, count, outputs);
      }

      @Override
      public void close() {
        model.close();
      }
    };
  }
}
