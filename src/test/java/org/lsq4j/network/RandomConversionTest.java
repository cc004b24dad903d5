package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.compute.Tensors.assertClose;
import static org.lsq4j.network.TestNetworks.bypassed;
import static org.lsq4j.network.TestNetworks.normal;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Whatever a network of DL4J's layers for images is made of, its conversion computes the same with
 * quantizers off, and with no quantizers at all.
 */
class RandomConversionTest {

  private static final int EXAMPLES = 4;
  private static final int SEEDS = 30;
  private static final double TOLERANCE = 1e-5;

  static IntStream seeds() {
    return IntStream.range(0, SEEDS);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void chainsComputeTheSame(int seed) {
    RandomNetworks random = random(seed);
    assertComputeTheSame(random.chain(), random);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void graphsComputeTheSame(int seed) {
    RandomNetworks random = random(seed);
    assertComputeTheSame(random.graph(), random);
  }

  /** Otherwise the tests above would prove less than they say. */
  @Test
  void everyKindOfLayerOccurs() {
    Set<String> kinds = new TreeSet<>();
    seeds()
        .mapToObj(seed -> random(seed).graph())
        .flatMap(network -> LayerGraph.of(network).nodes().stream())
        .filter(node -> !node.isNetworkInput())
        .map(node -> node.layer() == null ? node.vertex() : node.layer())
        .forEach(part -> kinds.add(part.getClass().getSimpleName()));
    assertEquals(
        Set.of(
            "ActivationLayer",
            "BatchNormalization",
            "ConvolutionLayer",
            "Cropping2D",
            "Deconvolution2D",
            "DepthwiseConvolution2D",
            "DropoutLayer",
            "ElementWiseVertex",
            "GlobalPoolingLayer",
            "MergeVertex",
            "OutputLayer",
            "SeparableConvolution2D",
            "SubsamplingLayer",
            "Upsampling2D",
            "ZeroPaddingLayer"),
        kinds);
  }

  private static RandomNetworks random(int seed) {
    return new RandomNetworks(seed, RandomNetworks.Variety.EVERYTHING);
  }

  private static void assertComputeTheSame(NeuralNetwork source, RandomNetworks random) {
    scramble(source);
    INDArray expected = Networks.output(source, random.images(7, EXAMPLES));
    assertTrue(expected.stdNumber().doubleValue() > 1e-3, "the outputs tell nothing");
    double tolerance = TOLERANCE * Math.max(1, expected.amaxNumber().doubleValue());
    for (QuantizationPolicy policy : policies()) {
      QuantizedNetwork<? extends NeuralNetwork> result =
          new NetworkQuantizer(policy).quantize(source);
      INDArray actual = Networks.output(bypassed(result.network()), random.images(7, EXAMPLES));
      assertClose(expected, actual, tolerance, "output of " + result.decisions());
      assertEveryWeightIsQuantizedOrExcepted(result.decisions());
    }
  }

  private static List<QuantizationPolicy> policies() {
    return List.of(
        QuantizationPolicy.builder(4, 4).build(),
        QuantizationPolicy.builder(4, 4).exception("*", LayerException.FLOAT).build());
  }

  private static void assertEveryWeightIsQuantizedOrExcepted(List<LayerDecision> decisions) {
    decisions.forEach(
        decision ->
            assertTrue(!decision.reason().contains("there is no quantized"), decision::toString));
  }

  /** Random parameters, as if they were trained: none at its first value. */
  private static void scramble(NeuralNetwork network) {
    Random random = new Random(3);
    for (Layer layer : Networks.layers(network)) {
      for (Map.Entry<String, INDArray> parameter : layer.paramTable().entrySet()) {
        INDArray values = parameter.getValue();
        INDArray noise = normal(random.nextInt(), values.shape());
        values.assign(
            switch (parameter.getKey()) {
              case "gamma" -> noise.muli(0.2).addi(0.8);
              case "var" -> noise.muli(noise).addi(0.5);
              case "log10stdev" -> noise.muli(0.1);
              default -> noise.muli(0.25);
            });
      }
    }
  }
}
