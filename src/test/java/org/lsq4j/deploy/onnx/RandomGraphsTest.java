package org.lsq4j.deploy.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lsq4j.deploy.Predictions;
import org.lsq4j.deploy.RandomGraphs;
import org.lsq4j.deploy.graph.IntegerGraph;

/** Graphs with every operation there is: ONNX Runtime against the integer runtime. */
class RandomGraphsTest {

  private static final int GRAPHS = 120;
  private static final int INPUTS = 20;

  /** Of the largest output: what a few roundings of float make. */
  private static final double ROUNDING = 1e-4;

  /** Share of the examples in which no code differs; measured: all. */
  private static final double SAME = 0.999;

  /**
   * The same where ONNX Runtime may round biases to products of two steps, so as to add integers;
   * measured: 98.5 %.
   */
  private static final double SAME_OPTIMIZED = 0.97;

  /**
   * A graph that pads by two and then averages two pixels: the optimiser of ONNX Runtime 1.28 joins
   * both and refuses what it made.
   */
  private static final int PADDED = 57;

  @ParameterizedTest
  @CsvSource({"QDQ, 21, NONE", "QDQ, 21, ALL", "QDQ, 13, NONE", "QONNX, 21, NONE"})
  void onnxRuntimeComputesTheSame(
      OnnxForm form, int opset, OnnxRunOptions.Optimization optimization) {
    int same = 0;
    for (int seed = 0; seed < GRAPHS; seed++) {
      if (seed == PADDED && optimization == OnnxRunOptions.Optimization.ALL) {
        continue;
      }
      IntegerGraph graph = RandomGraphs.of(seed).withoutSoftmax();
      OnnxOptions options = OnnxOptions.DEFAULT.withForm(form).withOpset(opset);
      same +=
          equalExamples(graph, OnnxExporter.toBytes(graph, options, "test"), optimization, seed);
    }
    double share = (double) same / (GRAPHS * INPUTS);
    double least = optimization == OnnxRunOptions.Optimization.NONE ? SAME : SAME_OPTIMIZED;
    assertTrue(share >= least, "only " + share + " of the examples agree");
  }

  private static int equalExamples(
      IntegerGraph graph, byte[] file, OnnxRunOptions.Optimization optimization, int seed) {
    float[] inputs = RandomGraphs.inputs(graph, INPUTS, seed);
    float[] expected = Predictions.of(graph, "java", inputs);
    float[] actual = new float[expected.length];
    try (OnnxModel model = OnnxModel.of(file, new OnnxRunOptions(1, optimization))) {
      assertEquals(graph.inputShape(), model.inputShape());
      assertEquals(graph.outputShape(), model.outputShape());
      assertEquals(graph.info(), model.info());
      model.predict(inputs, INPUTS, actual);
    }
    int size = graph.outputShape().size();
    double largest =
        IntStream.range(0, expected.length).mapToDouble(i -> Math.abs(expected[i])).max().orElse(1);
    int equal = 0;
    for (int n = 0; n < INPUTS; n++) {
      boolean same = true;
      for (int i = n * size; i < (n + 1) * size; i++) {
        same &= Math.abs(expected[i] - actual[i]) <= ROUNDING * largest;
      }
      equal += same ? 1 : 0;
    }
    return equal;
  }
}
