package org.lsq4j.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.deploy.export.GraphExporter;
import org.lsq4j.deploy.format.ModelBytes;
import org.lsq4j.deploy.format.PackedFormat;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.deploy.graph.Node;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.onnx.OnnxExporter;
import org.lsq4j.deploy.onnx.OnnxOptions;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.ReferenceNetwork;
import org.lsq4j.network.TestNetworks;
import org.lsq4j.training.Calibration;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Prints the sizes of exported networks in bytes; run by {@code scripts/model-sizes.sh}. Sizes do
 * not depend on training: networks are calibrated on noise.
 */
public final class ModelSizes {

  private static final List<String> NETWORKS = List.of("resnet8", "resnet20", "mobilenet-0.25");
  private static final List<Integer> BITS = List.of(8, 4, 3, 2);
  private static final int CLASSES = 10;
  private static final int IMAGES = 16;
  private static final int SIZE = 32;
  private static final int CHANNELS = 3;
  private static final int OLD_OPSET = 20;
  private static final double ADDEND = 0.1;

  private ModelSizes() {}

  /** Prints a table. */
  public static void main(String[] args) throws IOException {
    System.out.println(
        "| network | weights | float .zip | bits x weights | packed | ONNX | opset 20 |");
    System.out.println("|---|---|---|---|---|---|---|");
    for (String name : NETWORKS) {
      InputType input = InputType.convolutional(SIZE, SIZE, CHANNELS, CNN2DFormat.NHWC);
      NeuralNetwork network = ReferenceNetwork.named(name).create(input, CLASSES, 1);
      makeAddends(network);
      long zip = zipBytes(network);
      for (int bits : BITS) {
        System.out.println(row(name, zip, bits, quantized(network, input, bits)));
      }
    }
  }

  /** Biases and shifts of 0, as before training, would not be stored. */
  private static void makeAddends(NeuralNetwork network) {
    for (Layer layer : Networks.layers(network)) {
      layer
          .paramTable()
          .forEach(
              (name, values) -> {
                if (name.equals("b") || name.equals("beta")) {
                  values.assign(ADDEND);
                }
              });
    }
  }

  private static IntegerGraph quantized(NeuralNetwork network, InputType input, int bits) {
    NeuralNetwork quantized =
        new NetworkQuantizer(QuantizationPolicy.builder(bits, bits).build())
            .quantize(network)
            .network();
    DataSet noise =
        new DataSet(
            TestNetworks.normal(1, IMAGES, SIZE, SIZE, CHANNELS), Nd4j.zeros(IMAGES, CLASSES));
    Calibration.run(quantized, TestNetworks.batches(noise), 1);
    return GraphExporter.export(quantized, input, ModelInfo.UNKNOWN);
  }

  /** Without the state of the optimizer, as models are saved. */
  private static long zipBytes(NeuralNetwork network) throws IOException {
    Path file = Files.createTempFile("network", ".zip");
    try {
      if (network instanceof ComputationGraph graph) {
        graph.save(file.toFile(), false);
      } else {
        ((MultiLayerNetwork) network).save(file.toFile(), false);
      }
      return Files.size(file);
    } finally {
      Files.delete(file);
    }
  }

  private static String row(String name, long zip, int bits, IntegerGraph graph) {
    long weightBits = 0;
    for (Node node : graph.nodes()) {
      if (node.operation() instanceof Product product) {
        weightBits += (long) product.weights().count() * product.weights().bits();
      }
    }
    double numbers = ModelBytes.of(graph).bytes();
    int packed = PackedFormat.toBytes(graph).length;
    int onnx = OnnxExporter.toBytes(graph, OnnxOptions.DEFAULT, "").length;
    int old = OnnxExporter.toBytes(graph, OnnxOptions.DEFAULT.withOpset(OLD_OPSET), "").length;
    return String.format(
        Locale.ROOT,
        "| %s | W%d | %,d | %,d | %,d (%.1f %%) | %,d | %,d |",
        name,
        bits,
        zip,
        weightBits / Byte.SIZE,
        packed,
        100 * (packed - numbers) / numbers,
        onnx,
        old);
  }
}
