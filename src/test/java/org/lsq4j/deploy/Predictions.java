package org.lsq4j.deploy;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.onnx.OnnxExporter;
import org.lsq4j.deploy.onnx.OnnxForm;
import org.lsq4j.deploy.onnx.OnnxModel;
import org.lsq4j.deploy.onnx.OnnxOptions;
import org.lsq4j.deploy.onnx.OnnxRunOptions;
import org.lsq4j.deploy.runtime.IntegerModel;
import org.lsq4j.deploy.runtime.RuntimeOptions;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Runs integer models on DL4J's arrays. */
public final class Predictions {

  private Predictions() {}

  /** Images as a model takes them: channels last, one after the other. */
  public static float[] channelsLast(INDArray images, CNN2DFormat format) {
    INDArray nhwc = format == CNN2DFormat.NCHW ? images.permute(0, 2, 3, 1) : images;
    return nhwc.dup('c').data().asFloat();
  }

  /** Outputs of a backend. */
  public static float[] of(IntegerGraph graph, String backend, float[] inputs) {
    try (IntegerModel model = IntegerModel.of(graph, RuntimeOptions.DEFAULT.withBackend(backend))) {
      int count = inputs.length / model.inputShape().size();
      float[] outputs = new float[count * model.outputShape().size()];
      model.predict(inputs, count, outputs);
      return outputs;
    }
  }

  /** Outputs of ONNX Runtime, one thread, without optimisations. */
  public static float[] ofOnnx(IntegerGraph graph, OnnxForm form, float[] inputs) {
    byte[] file = OnnxExporter.toBytes(graph, OnnxOptions.DEFAULT.withForm(form), "test");
    try (OnnxModel model = OnnxModel.of(file, OnnxRunOptions.LITERAL)) {
      int count = inputs.length / model.inputShape().size();
      float[] outputs = new float[count * model.outputShape().size()];
      model.predict(inputs, count, outputs);
      return outputs;
    }
  }
}
