package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.Networks;
import org.lsq4j.network.TestNetworks;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

class LabelSmoothingTest {

  private static Trainer trainer(int epochs, TrainingExtension... extensions) {
    Trainer.Builder builder =
        Trainer.builder(
            new TrainingSettings(epochs, OptimizerSettings.sgd(0.05), 1),
            MiniFashion.training(1000),
            MiniFashion.evaluation(100));
    for (TrainingExtension extension : extensions) {
      builder.extension(extension);
    }
    return builder.build();
  }

  @Test
  void labelsAreSpreadOverAllClasses() {
    INDArray labels = Nd4j.createFromArray(new float[][] {{0, 1, 0, 0}});
    DataSet batch = new DataSet(Nd4j.ones(1, 2), labels);

    INDArray smooth = new LabelSmoothing(0.2).beforeStep(batch).getLabels();

    assertEquals(0.85, smooth.getDouble(1), 1e-6);
    assertEquals(0.05, smooth.getDouble(0), 1e-6);
    assertEquals(1, labels.getDouble(1), "the batch is not changed");
  }

  @Test
  void networksBecomeLessCertain() {
    double sharp = certainty(trainer(4));
    double smooth = certainty(trainer(4, new LabelSmoothing(0.4)));
    assertTrue(smooth < sharp - 0.1, sharp + " without, " + smooth + " with smoothing");
  }

  /** Mean of the largest probability. */
  private static double certainty(Trainer trainer) {
    MultiLayerNetwork network = TrainingRuns.floatNetwork();
    trainer.train(network);
    DataSet batch = MiniFashion.evaluation(50).next();
    return Networks.output(network, batch.getFeatures()).max(1).meanNumber().doubleValue();
  }

  @Test
  void otherLossesAreRefused() {
    MultiLayerNetwork network =
        TestNetworks.chain(InputType.feedForward(4), TestNetworks.linearOutput());
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> trainer(1, new LabelSmoothing(0.1)).train(network));
    assertEquals(
        "labelSmoothing: layer output has the loss LossMSE(); it must be softmax with multi-class"
            + " cross-entropy (LossMCXENT or LossNegativeLogLikelihood) without class weights",
        error.getMessage());
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -0.1, Double.NaN})
  void amountsOutOfRangeAreRefused(double amount) {
    assertThrows(IllegalArgumentException.class, () -> new LabelSmoothing(amount));
  }
}
