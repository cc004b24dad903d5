package org.lsq4j.experiment;

import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.Operation.Flatten;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Operation.Quantize;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.onnx.OnnxModel;
import org.lsq4j.deploy.runtime.IntegerModel;
import org.lsq4j.network.LayerValues;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A model that shows what reaches the quantizers of its layers. */
interface TracedModel {

  /**
   * What reaches the layers' quantizers.
   *
   * @param image scaled, [height, width, channels]
   * @return real numbers [height, width, channels] by layer, in computation order
   */
  Map<String, float[]> layerInputs(float[] image);

  /** The quantizer's position u of a number before clipping and rounding, as this model has it. */
  float position(Quantizer quantizer, float x);

  /** The quantizers of the layers' inputs, by layer, in computation order. */
  static Map<String, Integer> quantizers(IntegerGraph graph) {
    Map<String, Integer> found = new LinkedHashMap<>();
    for (int node = 0; node < graph.nodes().size(); node++) {
      if (graph.nodes().get(node).operation() instanceof Quantize) {
        found.put(graph.nameOfReader(node), node);
      }
    }
    return found;
  }

  /** An integer model. */
  static TracedModel of(IntegerGraph graph) {
    return new TracedModel() {
      @Override
      public Map<String, float[]> layerInputs(float[] image) {
        Map<String, float[]> values = new LinkedHashMap<>();
        quantizers(graph)
            .forEach(
                (layer, node) -> {
                  IntegerGraph part = graph.upTo(graph.nodes().get(node).inputs().get(0));
                  float[] outputs = new float[part.outputShape().size()];
                  try (IntegerModel model = IntegerModel.of(part)) {
                    model.predict(image, 1, outputs);
                  }
                  values.put(layer, outputs);
                });
        return values;
      }

      @Override
      public float position(Quantizer quantizer, float x) {
        return x * quantizer.inverseStep() - quantizer.offset().steps();
      }
    };
  }

  /** An ONNX model. */
  static TracedModel of(byte[] onnx) {
    return new TracedModel() {
      @Override
      public Map<String, float[]> layerInputs(float[] image) {
        return OnnxModel.layerInputs(onnx, image);
      }

      @Override
      public float position(Quantizer quantizer, float x) {
        return x / quantizer.step() - quantizer.offset().steps();
      }
    };
  }

  /**
   * A network of DL4J.
   *
   * @param graph its integer form, which tells sizes
   */
  static TracedModel of(NeuralNetwork network, CNN2DFormat format, IntegerGraph graph) {
    return new TracedModel() {
      @Override
      public Map<String, float[]> layerInputs(float[] image) {
        INDArray features = features(image, 1, graph.inputShape(), format);
        Map<String, float[]> values = new LinkedHashMap<>();
        quantizers(graph)
            .forEach(
                (layer, node) -> {
                  double[] input = LayerValues.input(network, layer, features);
                  values.put(layer, channelsLast(input, sourceShape(graph, node), format));
                });
        return values;
      }

      @Override
      public float position(Quantizer quantizer, float x) {
        return (x - quantizer.offset().steps() * quantizer.step()) / quantizer.step();
      }
    };
  }

  /** Images as a network of DL4J takes them. */
  static INDArray features(float[] images, int count, Shape shape, CNN2DFormat format) {
    INDArray channelsLast =
        Nd4j.create(
            images, new long[] {count, shape.height(), shape.width(), shape.channels()}, 'c');
    return format == CNN2DFormat.NHWC ? channelsLast : channelsLast.permute(0, 3, 1, 2).dup('c');
  }

  /** The shape of what is quantized; of the image that it was, if that became a vector. */
  private static Shape sourceShape(IntegerGraph graph, int quantize) {
    int node = quantize;
    while (node > 0 && !(graph.nodes().get(node).operation() instanceof Product)) {
      if (graph.nodes().get(node).operation() instanceof Flatten) {
        return graph.tensor(graph.nodes().get(node).inputs().get(0)).shape();
      }
      if (!graph.tensor(node).shape().isVector()) {
        break;
      }
      node = graph.nodes().get(node).inputs().get(0);
    }
    return graph.tensor(quantize).shape();
  }

  private static float[] channelsLast(double[] values, Shape shape, CNN2DFormat format) {
    float[] ordered = new float[values.length];
    int channels = shape.channels();
    for (int i = 0; i < ordered.length; i++) {
      int from = format == CNN2DFormat.NHWC ? i : i % channels * shape.pixels() + i / channels;
      ordered[i] = (float) values[from];
    }
    return ordered;
  }
}
