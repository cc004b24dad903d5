package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.lsq4j.network.TestNetworks.batches;
import static org.lsq4j.network.TestNetworks.normal;

import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.lsq4j.network.TestNetworks;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

class PredictionsTest {

  private static final int EXAMPLES = 40;
  private static final INDArray X = normal(1, EXAMPLES, 5).muli(3);

  private static MultiLayerNetwork classifier(Activation activation) {
    return TestNetworks.chain(
        InputType.feedForward(5),
        activation == Activation.IDENTITY
            ? TestNetworks.linearOutput()
            : new OutputLayer.Builder().nOut(TestNetworks.OUTPUTS).activation(activation).build());
  }

  private static DataSet data() {
    INDArray labels = Nd4j.zeros(EXAMPLES, TestNetworks.OUTPUTS);
    for (int i = 0; i < EXAMPLES; i++) {
      labels.putScalar(i, i % TestNetworks.OUTPUTS, 1);
    }
    return new DataSet(X, labels);
  }

  @Test
  void scoreIsThatOfDeeplearning4j() {
    MultiLayerNetwork network = classifier(Activation.SOFTMAX);
    PredictionScore score = Predictions.of(network, batches(data())).score();
    assertEquals(network.score(data()), score.loss(), 1e-5);
    assertEquals(Accuracy.of(network, batches(data())), score.accuracy(), 1e-9);
  }

  @Test
  void logitsAreFoundThroughTheSoftmax() {
    Predictions softmax = Predictions.of(classifier(Activation.SOFTMAX), batches(data()));
    Predictions linear = Predictions.of(classifier(Activation.IDENTITY), batches(data()));
    assertEquals(0, softmax.errorAgainst(linear), 1e-5);
    assertEquals(linear.score().loss(), softmax.score().loss(), 1e-5);
  }

  @Test
  void errorIsRelative() {
    MultiLayerNetwork network = classifier(Activation.IDENTITY);
    Predictions reference = Predictions.of(network, batches(data()));
    network.params().muli(1.25);
    assertEquals(0.25, Predictions.of(network, batches(data())).errorAgainst(reference), 1e-5);
  }

  @Test
  void certainPredictionsStayFinite() {
    MultiLayerNetwork network = classifier(Activation.SOFTMAX);
    network.params().muli(1e4);
    PredictionScore score = Predictions.of(network, batches(data())).score();
    assertEquals(true, Double.isFinite(score.loss()));
  }

  @Test
  void noDataIsAnError() {
    MultiLayerNetwork network = classifier(Activation.SOFTMAX);
    assertThrows(IllegalArgumentException.class, () -> Predictions.of(network, batches()));
  }
}
