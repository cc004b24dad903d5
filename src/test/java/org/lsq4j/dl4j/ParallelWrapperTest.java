package org.lsq4j.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.parallelism.ParallelWrapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.QuantizerView;
import org.lsq4j.training.Accuracy;
import org.lsq4j.training.TrainingRuns;

/**
 * Data-parallel training by DL4J's ParallelWrapper, two workers that average parameters and updater
 * states after every update, comes to the accuracy of training in one thread. Which worker gets
 * which batch is up to its threads, so no exact numbers.
 */
class ParallelWrapperTest {

  private static final int WORKERS = 2;
  private static final int EPOCHS = 4;

  /** Three standard deviations of an accuracy of 0.75 measured on 500 images: 3 * 0.019. */
  private static final double TOLERANCE = 0.058;

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void chainReachesTheAccuracyOfPlainTraining() throws Exception {
    MultiLayerNetwork plain = Calibrated.chain(EPOCHS * Calibrated.BATCHES);
    double before = accuracy(plain);
    plain.fit(Calibrated.training(), EPOCHS);
    assertSame(before, accuracy(plain), parallel(Calibrated.chain(updatesOfAWorker())));
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void graphReachesTheAccuracyOfPlainTraining() throws Exception {
    var plain = Calibrated.graph(EPOCHS * Calibrated.BATCHES);
    double before = accuracy(plain);
    plain.fit(Calibrated.training(), EPOCHS);
    assertSame(before, accuracy(plain), parallel(Calibrated.graph(updatesOfAWorker())));
  }

  @Test
  @Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void anUncalibratedNetworkIsRefused() {
    MultiLayerNetwork network =
        new NetworkQuantizer(QuantizationPolicy.builder(4, 4).build())
            .quantize(TrainingRuns.floatNetwork())
            .network();
    RuntimeException refusal = assertThrows(RuntimeException.class, () -> parallel(network));
    assertTrue(refusal.getMessage().contains("calibrate the network"), refusal::getMessage);
  }

  /** A learning rate's schedule counts these. */
  private static int updatesOfAWorker() {
    return EPOCHS * Calibrated.BATCHES / WORKERS;
  }

  private static void assertSame(double before, double plain, double parallel) {
    assertTrue(plain > before + 0.05, "plain: " + before + " to " + plain);
    assertEquals(plain, parallel, TOLERANCE);
  }

  private static double parallel(NeuralNetwork network) throws Exception {
    List<QuantizerView> before = QuantizerView.of(network);
    try (ParallelWrapper wrapper =
        new ParallelWrapper.Builder<>((Model) network)
            .workers(WORKERS)
            .prefetchBuffer(WORKERS)
            .averagingFrequency(1)
            .build()) {
      var batches = MiniFashion.training(Calibrated.IMAGES);
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        batches.startEpoch(epoch);
        wrapper.fit(batches);
      }
    }
    List<QuantizerView> after = QuantizerView.of(network);
    for (int i = 0; i < after.size(); i++) {
      assertTrue(after.get(i).initialized(), after.get(i)::toString);
      assertTrue(!after.get(i).equals(before.get(i)), () -> "not trained: " + after);
    }
    return accuracy(network);
  }

  private static double accuracy(NeuralNetwork network) {
    return Accuracy.of(network, Calibrated.test());
  }
}
