package org.lsq4j.deploy.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.deploy.Predictions;
import org.lsq4j.deploy.format.ModelBytes;
import org.lsq4j.deploy.format.PackedFormat;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.deploy.onnx.OnnxForm;
import org.lsq4j.deploy.runtime.IntegerModel;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.ReferenceNetwork;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.training.Calibration;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The built-in networks on real images, calibrated: classes, probabilities, sizes. */
class ReferenceNetworksTest {

  private static final int IMAGES = 150;

  /** Of a probability, where the rounding of float moved an activation over half a step. */
  private static final double ONE_CODE = 5e-3;

  @ParameterizedTest
  @CsvSource({
    "lenet, NCHW, 4",
    "small-cnn, NHWC, 3",
    "resnet8, NHWC, 8",
    "resnet8, NCHW, 2",
    "resnet20, NCHW, 2",
    "mobilenet-0.25, NHWC, 4"
  })
  void predictsAsTheNetworkAndIsSmall(String name, CNN2DFormat format, int bits) {
    InputType input = InputType.convolutional(28, 28, 1, format);
    NeuralNetwork network =
        new NetworkQuantizer(
                QuantizationPolicy.builder(bits, bits)
                    .weightGranularity(Granularity.PER_CHANNEL)
                    .build())
            .quantize(ReferenceNetwork.named(name).create(input, MiniFashion.CLASSES, 4))
            .network();
    Calibration.run(network, MiniFashion.training(100, format), 2);

    IntegerGraph graph = GraphExporter.export(network, input, ModelInfo.UNKNOWN);
    byte[] file = PackedFormat.toBytes(graph);
    double numbers = ModelBytes.of(graph).bytes();
    assertTrue(file.length < 1.03 * numbers, file.length + " bytes for " + numbers);

    ImageBatches batches = MiniFashion.evaluation(IMAGES, format);
    while (batches.hasNext()) {
      compare(network, PackedFormat.read(file), batches.next().getFeatures(), format);
    }
  }

  private static void compare(
      NeuralNetwork network, IntegerGraph graph, INDArray images, CNN2DFormat format) {
    INDArray expected = Networks.output(network, images);
    float[] inputs = Predictions.channelsLast(images, format);
    compare(expected, Predictions.of(graph, "auto", inputs));
    compare(expected, Predictions.ofOnnx(graph, OnnxForm.QDQ, inputs));
    compare(expected, Predictions.ofOnnx(graph, OnnxForm.QONNX, inputs));
  }

  private static void compare(INDArray expected, float[] actual) {
    for (int n = 0; n < expected.size(0); n++) {
      int from = n * MiniFashion.CLASSES;
      assertEquals(
          expected.getRow(n).argMax().getInt(0),
          IntegerModel.argMax(actual, from, MiniFashion.CLASSES),
          "class of image " + n);
      for (int c = 0; c < MiniFashion.CLASSES; c++) {
        assertEquals(expected.getDouble(n, c), actual[from + c], ONE_CODE, "image " + n);
      }
    }
  }
}
