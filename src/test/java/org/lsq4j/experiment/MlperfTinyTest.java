package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.data.NormalizationKind;
import org.lsq4j.layer.FastAddVertex;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.network.BatchNormFolding;
import org.lsq4j.network.FastNetwork;
import org.lsq4j.network.FoldedNetwork;
import org.lsq4j.network.LayerDecision;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.QuantizedNetwork;
import org.lsq4j.network.TestNetworks;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A model that Keras itself wrote: ResNet-8 of MLPerf Tiny. It is not shipped; where it is missing,
 * nothing is tested. {@code models/resnet8-mlperf-tiny/README.md} tells where to get it.
 */
class MlperfTinyTest {

  private static final Path DATA = Path.of("data");
  private static Path file;

  @BeforeAll
  static void findModel() {
    Optional<Path> found =
        Stream.of("models/resnet8-mlperf-tiny", "../shared/models/mlperf-tiny")
            .map(folder -> Path.of(folder, "resnet8-cifar10-float.h5"))
            .filter(Files::exists)
            .findFirst();
    assumeTrue(found.isPresent(), "the pretrained ResNet-8 is not there");
    file = found.get();
  }

  private static INDArray images() {
    return TestNetworks.normal(4, 6, 32, 32, 3).muli(60).addi(120);
  }

  @Test
  void itsAccuracyIsTheOneInTensorFlow() {
    boolean isThere =
        Stream.of("cifar10", "cifar10/cifar-10-batches-bin", "cifar-10-batches-bin")
            .anyMatch(folder -> Files.exists(DATA.resolve(folder).resolve("test_batch.bin")));
    assumeTrue(isThere, "CIFAR-10 is not there");
    ModelEvaluation evaluation =
        ModelEvaluation.of(
            new ModelEvaluation.Request(
                file, "cifar10", DATA, 256, Optional.of(NormalizationKind.NONE)));
    assertEquals(0.8719, evaluation.accuracy(), 1e-9);
  }

  @Test
  void itsConvolutionsAreQuantizedAndItsRectifiersFused() {
    NeuralNetwork network = Networks.load(file);
    QuantizedNetwork<? extends NeuralNetwork> converted =
        new NetworkQuantizer(QuantizationPolicy.builder(4, 4).build()).quantize(network);
    long quantized =
        converted.decisions().stream()
            .filter(decision -> decision.outcome() == LayerDecision.Outcome.QUANTIZED)
            .count();
    assertEquals(10, quantized);
    ComputationGraph graph = (ComputationGraph) converted.network();
    FastBatchNormalization norm =
        (FastBatchNormalization) graph.getLayer("batch_normalization").conf().getLayer();
    assertEquals(Rectifier.RELU, norm.getRectifier());
    for (String sum : new String[] {"add", "add_1", "add_2"}) {
      FastAddVertex vertex = (FastAddVertex) graph.getConfiguration().getVertices().get(sum);
      assertEquals(Rectifier.RELU, vertex.getRectifier());
    }
    assertSame(network, TestNetworks.bypassed(graph));
  }

  @Test
  void itsBatchNormsFold() {
    NeuralNetwork network = FastNetwork.of(Networks.load(file));
    FoldedNetwork<? extends NeuralNetwork> folded = BatchNormFolding.fold(network);
    assertEquals(7, folded.decisions().size());
    assertTrue(folded.decisions().stream().allMatch(d -> d.into().isPresent()));
    assertSame(network, folded.network());
  }

  private static void assertSame(NeuralNetwork expected, NeuralNetwork actual) {
    INDArray difference =
        Networks.output(expected, images()).sub(Networks.output(actual, images()));
    assertTrue(difference.amaxNumber().doubleValue() < 1e-4, difference::toString);
  }
}
