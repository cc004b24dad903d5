package org.lsq4j.deploy.export;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.deploy.Predictions;
import org.lsq4j.deploy.RandomNetworks;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.deploy.graph.Node;
import org.lsq4j.deploy.graph.Operation.Dense;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.onnx.OnnxForm;
import org.lsq4j.deploy.runtime.IntegerModel;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The integer and ONNX forms of random networks against DL4J's fake-quantized evaluation. */
class RandomNetworksTest {

  private static final int IMAGES = 200;

  /** Of the largest logit: what a few roundings of float make. */
  private static final double ROUNDING = 1e-4;

  /**
   * Of the largest logit: a margin below which ONNX Runtime's order of additions decides. Outputs
   * that get codes of 0 only are their biases, and those of two classes may be equal.
   */
  private static final double TIE = 1e-6;

  static LongStream seeds() {
    return LongStream.range(0, 40);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void exportedFormsPredictAsFakeQuantization(long seed) {
    RandomNetworks.Sample sample = RandomNetworks.of(seed);
    IntegerGraph graph = GraphExporter.export(sample.network(), sample.input(), ModelInfo.UNKNOWN);
    INDArray images = sample.images(IMAGES, 77);
    INDArray expected = sample.network().outputSingle(images);

    float[] inputs = Predictions.channelsLast(images, sample.input().getFormat());
    Comparison comparison = new Comparison(sample, graph, expected);
    comparison.with(Predictions.of(graph, "java", inputs), 0);
    comparison.with(Predictions.ofOnnx(graph, OnnxForm.QDQ, inputs), TIE);
    comparison.with(Predictions.ofOnnx(graph, OnnxForm.QONNX, inputs), TIE);
  }

  /** The outputs that other forms of a network should have. */
  private record Comparison(RandomNetworks.Sample sample, IntegerGraph graph, INDArray expected) {

    /**
     * Compares.
     *
     * @param actual outputs of another form
     * @param tie of the largest logit: a margin at which the class may be another
     */
    void with(float[] actual, double tie) {
      double scale = expected.amaxNumber().doubleValue();
      double step = lastStep(graph);
      int different = 0;
      for (int n = 0; n < IMAGES; n++) {
        double worst = worst(n, actual);
        assertTrue(worst <= step + ROUNDING * scale, sample.description() + ": off by " + worst);
        different += worst > ROUNDING * scale ? 1 : 0;
        int best = expected.getRow(n).argMax().getInt(0);
        int found = IntegerModel.argMax(actual, n * RandomNetworks.CLASSES, RandomNetworks.CLASSES);
        double margin = expected.getDouble(n, best) - expected.getDouble(n, found);
        assertTrue(
            found == best || tie > 0 && margin <= tie * scale,
            sample.description() + ": class of image " + n);
      }
      assertTrue(different <= 1, sample.description() + ": " + different + " images differ");
    }

    private double worst(int n, float[] actual) {
      double worst = 0;
      for (int c = 0; c < RandomNetworks.CLASSES; c++) {
        double error = Math.abs(expected.getDouble(n, c) - actual[n * RandomNetworks.CLASSES + c]);
        worst = Math.max(worst, error);
      }
      return worst;
    }
  }

  /** What one step of the last quantizer can make in a logit. */
  private static double lastStep(IntegerGraph graph) {
    Node last = graph.nodes().get(graph.output());
    Dense dense = (Dense) last.operation();
    Quantizer quantizer = graph.inputs(last).get(0).quantizer().orElseThrow();
    double largest = 0;
    for (int output = 0; output < dense.weights().outputs(); output++) {
      for (int i = 0; i < dense.weights().perOutput(); i++) {
        double weight = dense.weights().code(output, i) * dense.weights().step(output);
        largest = Math.max(largest, Math.abs(weight));
      }
    }
    return largest * quantizer.step();
  }
}
