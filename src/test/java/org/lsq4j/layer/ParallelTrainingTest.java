package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.parallelism.ParallelWrapper;
import org.junit.jupiter.api.Test;
import org.lsq4j.quantizer.QuantizerRole;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Data-parallel training by DL4J's ParallelWrapper, which makes its workers from JSON and averages
 * their parameters. Which worker gets which batch is up to its threads, so no exact numbers.
 */
class ParallelTrainingTest {

  private static final int WORKERS = 2;
  private static final int BATCHES = 4;
  private static final int EPOCHS = 3;

  @Test
  void stepsAreTrainedAndStayUsable() throws Exception {
    MultiLayerNetwork network = network();
    List<DataSet> batches = IntStream.range(0, BATCHES).mapToObj(this::batch).toList();
    double scoreBefore = meanScore(network, batches);
    INDArray stepBefore = network.getParam("0_sA").dup();

    try (ParallelWrapper wrapper =
        new ParallelWrapper.Builder<>(network)
            .workers(WORKERS)
            .prefetchBuffer(WORKERS)
            .averagingFrequency(1)
            .build()) {
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        wrapper.fit(new ExistingDataSetIterator(batches));
      }
    }

    assertNotEquals(stepBefore, network.getParam("0_sA"));
    assertTrue(Double.isFinite(network.params().sumNumber().doubleValue()));
    TestNetworks.quantizers(network)
        .forEach(quantizers -> assertTrue(quantizers.isInitialized(QuantizerRole.INPUT)));
    double scoreAfter = meanScore(network, batches);
    assertTrue(scoreAfter < scoreBefore, scoreBefore + " to " + scoreAfter);
  }

  private static double meanScore(MultiLayerNetwork network, List<DataSet> batches) {
    return batches.stream().mapToDouble(network::score).average().orElseThrow();
  }

  private DataSet batch(int seed) {
    return new DataSet(
        TestNetworks.images(DataType.FLOAT, 6, seed), TestNetworks.labels(DataType.FLOAT, 6));
  }

  private static MultiLayerNetwork network() {
    return TestNetworks.initialized(
        TestNetworks.chain(
            DataType.FLOAT,
            new Sgd(0.1),
            TestNetworks.IMAGES,
            TestNetworks.imageLayers(TestNetworks.FOUR_BITS)));
  }
}
