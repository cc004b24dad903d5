package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.network.RectifierNetworks.BY_ENGINE;
import static org.lsq4j.network.RectifierNetworks.assertReplaced;
import static org.lsq4j.network.RectifierNetworks.assertTrainsAlike;
import static org.lsq4j.network.RectifierNetworks.batch;
import static org.lsq4j.network.RectifierNetworks.builder;
import static org.lsq4j.network.RectifierNetworks.byName;
import static org.lsq4j.network.RectifierNetworks.chain;
import static org.lsq4j.network.RectifierNetworks.conf;
import static org.lsq4j.network.RectifierNetworks.convolution;
import static org.lsq4j.network.RectifierNetworks.floats;
import static org.lsq4j.network.RectifierNetworks.graph;
import static org.lsq4j.network.RectifierNetworks.images;
import static org.lsq4j.network.RectifierNetworks.norm;
import static org.lsq4j.network.RectifierNetworks.rectifier;
import static org.lsq4j.network.RectifierNetworks.relu;
import static org.lsq4j.network.RectifierNetworks.residual;
import static org.lsq4j.network.RectifierNetworks.sum;
import static org.lsq4j.network.TestNetworks.batches;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastActivation;
import org.lsq4j.layer.FastAddVertex;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.training.Calibration;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A ReLU is computed by the norm or the sum before it wherever nobody can see the difference. */
class RectifierFusionTest {

  @Test
  void aNormOfAChainComputesTheRelu() {
    QuantizedNetwork<MultiLayerNetwork> result = quantize(chain(norm(), relu()));
    assertEquals(FastBatchNormalization.class, conf(result, "norm").getClass());
    assertEquals(Rectifier.RELU, rectifier(conf(result, "norm")));
    assertEquals(Rectifier.NONE, rectifier(conf(result, "relu")));
    assertReplaced(result, "norm", BY_ENGINE + ", with the ReLU of relu");
    assertReplaced(result, "relu", "ReLU computed by norm");
    assertUnsignedOutput(result);
  }

  @ParameterizedTest
  @MethodSource("sums")
  void aSumComputesTheRelu(GraphVertex sum) {
    QuantizedNetwork<ComputationGraph> result = quantize(graph(residual(sum, relu())));
    assertEquals(new FastAddVertex(Rectifier.RELU), vertex(result, "sum"));
    assertEquals(Rectifier.NONE, rectifier(conf(result, "relu")));
    assertReplaced(result, "relu", "ReLU computed by sum");
    assertUnsignedOutput(result);
  }

  static Stream<GraphVertex> sums() {
    return Stream.of(
        new ElementWiseVertex(ElementWiseVertex.Op.Add), new FastAddVertex(Rectifier.NONE));
  }

  @Test
  void ourOwnPlainLayersTakePartToo() {
    FastBatchNormalization norm = new FastBatchNormalization();
    norm.setLayerName("norm");
    FastActivation relu = new FastActivation(Rectifier.RELU);
    relu.setLayerName("relu");
    QuantizedNetwork<MultiLayerNetwork> result = quantize(chain(norm, relu));
    assertEquals(Rectifier.RELU, rectifier(conf(result, "norm")));
    assertEquals(Rectifier.NONE, rectifier(conf(result, "relu")));
  }

  @ParameterizedTest
  @MethodSource("sums")
  void convertingAgainChangesNothing(GraphVertex sum) {
    ComputationGraph once = quantize(graph(residual(sum, relu()))).network();
    QuantizedNetwork<ComputationGraph> again = quantize(once);
    assertEquals(once.getConfiguration(), again.network().getConfiguration());
    assertUnsignedOutput(again);
    MultiLayerNetwork chain = quantize(chain(norm(), relu())).network();
    QuantizedNetwork<MultiLayerNetwork> chainAgain = quantize(chain);
    assertEquals(
        chain.getLayerWiseConfigurations(), chainAgain.network().getLayerWiseConfigurations());
    assertUnsignedOutput(chainAgain);
  }

  /** Noise behind a sum keeps the ReLU separate: DL4J adds it in place. Zeros it may make. */
  @Test
  void dropoutThatMakesZerosIsHarmless() {
    GraphBuilder builder =
        residual(sum(), relu()).addLayer("end", new DropoutLayer(new Dropout(0.6)), "relu");
    ComputationGraph source = graph(builder);
    QuantizedNetwork<ComputationGraph> result = floats(source);
    assertReplaced(result, "relu", "ReLU computed by sum");
    assertTrainsAlike(source, result.network());
  }

  @Test
  void calibratesTrainsAndIsReadAgain(@TempDir Path folder) throws Exception {
    ComputationGraph graph =
        quantize(
                graph(
                    builder()
                        .addLayer("norm", norm(), "conv")
                        .addLayer("inner", relu(), "norm")
                        .addLayer("conv2", convolution(), "inner")
                        .addVertex("sum", sum(), "conv2", "in")
                        .addLayer("relu", relu(), "sum")))
            .network();
    MultiLayerNetwork chain = quantize(chain(norm(), relu(), convolution())).network();
    for (NeuralNetwork network : List.of(graph, chain)) {
      Calibration.run(network, batches(batch(1), batch(2)), 2);
      INDArray before = network.params().dup();
      for (int step = 0; step < 3; step++) {
        network.fit(batch(step));
      }
      assertNotEquals(before, network.params());
      assertTrue(Double.isFinite(network.params().sumNumber().doubleValue()));
      Path file = folder.resolve("network.zip");
      ModelSerializer.writeModel((org.deeplearning4j.nn.api.Model) network, file.toFile(), true);
      NeuralNetwork read = Networks.load(file);
      assertEquals(Networks.output(network, images(4)), Networks.output(read, images(4)));
      network.fit(batch(4));
      read.fit(batch(4));
      assertEquals(network.params(), read.params());
    }
  }

  private static void assertUnsignedOutput(QuantizedNetwork<? extends NeuralNetwork> result) {
    assertEquals(
        CodeSign.UNSIGNED,
        byName(result).get("output").quantization().orElseThrow().inputs().sign());
  }

  private static QuantizedNetwork<MultiLayerNetwork> quantize(MultiLayerNetwork network) {
    return new NetworkQuantizer(QuantizationPolicy.builder(4, 4).build()).quantize(network);
  }

  private static QuantizedNetwork<ComputationGraph> quantize(ComputationGraph network) {
    return new NetworkQuantizer(QuantizationPolicy.builder(4, 4).build()).quantize(network);
  }

  private static GraphVertex vertex(QuantizedNetwork<ComputationGraph> result, String name) {
    return result.network().getConfiguration().getVertices().get(name);
  }
}
