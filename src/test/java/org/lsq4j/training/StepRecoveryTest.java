package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalDouble;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.ReferenceNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One step of the quickstart network starts ten times too large or too small, and training the
 * steps alone brings it back within a factor of 2 of where it usually ends.
 *
 * <p>Steps alone, because weights that learn too adapt to a bad step before it has moved. Not every
 * step: one that is ten times too large can leave only codes of 0, which nothing brings back, or,
 * before a batch norm, an input coarser than before with hardly a loss.
 */
class StepRecoveryTest {

  private static final int IMAGES = 3000;
  private static final int BITS = 4;

  /** A factor of the weights' learning rate, which stands still: only steps learn. */
  private static final double STEP_RATE = 2e5;

  private static final OptimizerSettings STEPS_ONLY =
      new OptimizerSettings(
          OptimizerKind.SGD, LearningRate.cosine(1e-7), STEP_RATE, 0.9, OptionalDouble.empty());

  private static MultiLayerNetwork floatNetwork;
  private static MultiLayerNetwork usual;

  @BeforeAll
  static void trainUsual() {
    floatNetwork =
        (MultiLayerNetwork)
            ReferenceNetwork.SMALL_CNN.create(MiniFashion.IMAGE, MiniFashion.CLASSES, 1);
    train(floatNetwork, 3, OptimizerSettings.sgd(0.05));
    usual = TrainingRuns.quantized(floatNetwork, BITS);
    train(usual, 3, STEPS_ONLY);
  }

  @ParameterizedTest
  @CsvSource({"conv3,sW,10", "conv3,sW,0.1", "dense,sA,0.1"})
  void comesBackToItsUsualValue(String layer, String key, double factor) {
    MultiLayerNetwork network = TrainingRuns.quantized(floatNetwork, BITS);
    INDArray step = network.getLayer(layer).getParam(key);
    step.muli(factor);
    double usualStep = usual.getLayer(layer).getParam(key).getDouble(0);
    double start = step.getDouble(0) / usualStep;
    train(network, 3, STEPS_ONLY);
    double end = step.getDouble(0) / usualStep;
    assertTrue(start < 0.2 || start > 5, "the start must be bad: " + start);
    assertTrue(end > 0.5 && end < 2, key + " went from " + start + " to " + end);
  }

  private static void train(MultiLayerNetwork network, int epochs, OptimizerSettings optimizer) {
    Trainer.builder(
            new TrainingSettings(epochs, optimizer, 1),
            MiniFashion.training(IMAGES),
            MiniFashion.evaluation(100))
        .build()
        .train(network);
  }
}
