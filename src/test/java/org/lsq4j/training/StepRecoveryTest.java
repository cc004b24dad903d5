package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.ReferenceNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One step of the quickstart network starts ten times too small and finds back within a factor of 2
 * of where it usually ends.
 *
 * <p>Only the dense layer and only this direction. A weight step before a batch norm that clips all
 * its weights merely scales them, which the batch norm undoes: it has nearly no gradient. And a
 * step ten times too large hardly moves in so short a training: the weights adapt to it first.
 */
class StepRecoveryTest {

  private static final int IMAGES = 3000;
  private static final String LAYER = "dense";
  private static final int BITS = 4;

  private static MultiLayerNetwork floatNetwork;
  private static MultiLayerNetwork usual;

  @BeforeAll
  static void trainUsual() {
    floatNetwork =
        (MultiLayerNetwork)
            ReferenceNetwork.SMALL_CNN.create(MiniFashion.IMAGE, MiniFashion.CLASSES, 1);
    train(floatNetwork, 2, 0.05);
    usual = TrainingRuns.quantized(floatNetwork, BITS);
    train(usual, 1, 0.01);
  }

  @Test
  void inputStepTenTimesTooSmallComesBack() {
    String key = "sA";
    MultiLayerNetwork network = TrainingRuns.quantized(floatNetwork, BITS);
    step(network, key).divi(10);
    double usualStep = step(usual, key).getDouble(0);
    double start = step(network, key).getDouble(0) / usualStep;
    train(network, 1, 0.01);
    double end = step(network, key).getDouble(0) / usualStep;
    assertTrue(start < 0.2, "the start must be bad: " + start);
    assertTrue(end > 0.5 && end < 2, key + " went from " + start + " to " + end);
  }

  private static INDArray step(MultiLayerNetwork network, String key) {
    return network.getLayer(LAYER).getParam(key);
  }

  private static void train(MultiLayerNetwork network, int epochs, double rate) {
    Trainer.builder(
            new TrainingSettings(epochs, OptimizerSettings.sgd(rate), 1),
            MiniFashion.training(IMAGES),
            MiniFashion.evaluation(100))
        .build()
        .train(network);
  }
}
