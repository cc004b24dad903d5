package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.TestEngines;
import org.lsq4j.compute.profile.KernelKind;
import org.lsq4j.compute.profile.KernelProfile;
import org.lsq4j.compute.profile.ProfilingEngine;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;

/** A network under a profile trains as it does without, and all its kernels are counted. */
class ProfiledTrainingTest {

  private static final int EXAMPLES = 5;
  private static final int STEPS = 3;

  static Stream<String> engines() {
    return ComputeEngines.names().stream();
  }

  @ParameterizedTest
  @MethodSource("engines")
  void trainsAsWithoutProfile(String name) {
    ComputeEngine engine = TestEngines.engine(name, DataType.FLOAT);
    MultiLayerNetwork plain = trained(network(engine, TestNetworks.FOUR_BITS));
    MultiLayerNetwork profiled =
        trained(network(new ProfilingEngine(engine), TestNetworks.FOUR_BITS));
    // As arrays: ND4J's own comparison has a tolerance.
    assertArrayEquals(plain.params().data().asFloat(), profiled.params().data().asFloat());
  }

  /**
   * On images of 2 channels and 8 x 7 pixels: 3 x 3 to 4 channels, of which 6 x 5 pixels remain,
   * then 3 x 3 of each channel by itself at every second pixel, of which there are 3 x 3.
   */
  @Test
  void everyCallIsCounted() {
    ProfilingEngine profiling = new ProfilingEngine(ComputeEngines.current());
    trained(network(profiling, TestNetworks.FOUR_BITS));

    KernelProfile profile = profiling.profile();
    // DL4J computes the output layer's product for the gradient, and again for the score.
    int products = 2 + 2 + 1;
    Map<KernelKind, Integer> calls = new EnumMap<>(KernelKind.class);
    calls.put(KernelKind.CONVOLUTION_FORWARD, 2);
    calls.put(KernelKind.CONVOLUTION_BACKWARD, 2);
    calls.put(KernelKind.MATRIX_PRODUCT_FORWARD, 3);
    calls.put(KernelKind.MATRIX_PRODUCT_BACKWARD, 2);
    calls.put(KernelKind.BATCH_NORM_FORWARD, 1);
    calls.put(KernelKind.BATCH_NORM_BACKWARD, 1);
    calls.put(KernelKind.SUM_FORWARD, 2);
    calls.put(KernelKind.SUM_BACKWARD, 2);
    calls.put(KernelKind.QUANTIZER_FORWARD, 2 * products);
    calls.put(KernelKind.QUANTIZER_BACKWARD, 2 * (2 + 2));
    assertCalls(calls, profile);

    long forward = EXAMPLES * (4 * 6 * 5 * 2 * 3 * 3 + 4 * 3 * 3 * 3 * 3);
    assertEquals(STEPS * forward, profile.multiplyAccumulates(KernelKind.CONVOLUTION_FORWARD));
    // DL4J's chains have the first layer compute dL/dx too.
    assertEquals(STEPS * 2 * forward, profile.multiplyAccumulates(KernelKind.CONVOLUTION_BACKWARD));
    assertEquals(4, profile.convolutions().size(), "two convolutions, forward and backward");
    profile.convolutions().forEach(use -> assertEquals(STEPS, use.count()));
  }

  @Test
  void floatNetworksHaveNoQuantizers() {
    ProfilingEngine profiling = new ProfilingEngine(ComputeEngines.current());
    trained(network(profiling, LayerQuantization.FLOAT));
    KernelProfile profile = profiling.profile();
    assertEquals(0, profile.of(KernelKind.QUANTIZER_FORWARD).calls());
    assertEquals(0, profile.of(KernelKind.QUANTIZER_BACKWARD).calls());
    assertEquals(2L * STEPS, profile.of(KernelKind.CONVOLUTION_FORWARD).calls());
  }

  private static void assertCalls(Map<KernelKind, Integer> inStep, KernelProfile profile) {
    assertEquals(inStep.keySet(), new EnumMap<>(profile.kernels()).keySet());
    inStep.forEach(
        (kind, calls) -> assertEquals((long) STEPS * calls, profile.of(kind).calls(), kind::name));
  }

  private static MultiLayerNetwork network(ComputeEngine engine, LayerQuantization quantization) {
    ComputeEngine before = ComputeEngines.current();
    ComputeEngines.use(engine);
    try {
      return TestNetworks.initialized(
          TestNetworks.chain(
              DataType.FLOAT,
              new Sgd(0.01),
              TestNetworks.IMAGES,
              TestNetworks.imageLayers(quantization)));
    } finally {
      ComputeEngines.use(before);
    }
  }

  private static MultiLayerNetwork trained(MultiLayerNetwork network) {
    for (int step = 0; step < STEPS; step++) {
      network.fit(
          new DataSet(
              TestNetworks.images(DataType.FLOAT, EXAMPLES, step),
              TestNetworks.labels(DataType.FLOAT, EXAMPLES)));
    }
    return network;
  }
}
