package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.ReferenceNetwork;
import org.lsq4j.network.TestNetworks;

class AccuracyTest {

  private static final MultiLayerNetwork NETWORK =
      (MultiLayerNetwork) ReferenceNetwork.LENET.create(MiniFashion.IMAGE, MiniFashion.CLASSES, 1);

  /** 130 images: the last batch is not full. */
  @Test
  void equalsDl4jsEvaluation() {
    NETWORK.fit(MiniFashion.training(50).next());
    double expected = NETWORK.evaluate(MiniFashion.evaluation(130)).accuracy();
    assertTrue(expected > 0 && expected < 1, "the case tells nothing");
    assertEquals(expected, Accuracy.of(NETWORK, MiniFashion.evaluation(130)), 1e-12);
    assertEquals(expected, Accuracy.of(NETWORK.toComputationGraph(), MiniFashion.evaluation(130)));
  }

  @Test
  void startsAtTheFirstBatch() {
    ImageBatches batches = MiniFashion.evaluation(130);
    double all = Accuracy.of(NETWORK, batches);
    batches.startEpoch(0);
    batches.next();
    assertEquals(all, Accuracy.of(NETWORK, batches));
  }

  @Test
  void noDataIsAnError() {
    assertThrows(
        IllegalArgumentException.class, () -> Accuracy.of(NETWORK, TestNetworks.batches()));
  }
}
