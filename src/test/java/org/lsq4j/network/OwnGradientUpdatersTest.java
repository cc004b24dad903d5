package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.lsq4j.network.TestNetworks.normal;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.MultiLayerUpdater;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Nesterovs;

/** Updaters that recognise a network's own gradient, against DL4J's. */
class OwnGradientUpdatersTest {

  private static final int STEPS = 4;

  @Test
  void chainsTrainAsWithTheUpdaterOfDl4j() {
    MultiLayerNetwork network = chain();
    MultiLayerNetwork expected = network.clone();
    expected.setUpdater(new MultiLayerUpdater(expected));
    network.setUpdater(OwnGradientUpdaters.of(network, null));
    INDArray before = network.params().dup();
    for (int step = 0; step < STEPS; step++) {
      network.fit(batch(step));
      expected.fit(batch(step));
    }
    assertNotEquals(before, network.params());
    assertEquals(expected.params(), network.params());
    assertEquals(
        expected.getUpdater().getStateViewArray(), network.getUpdater().getStateViewArray());
  }

  @Test
  void graphsTrainAsWithTheUpdaterOfDl4j() {
    ComputationGraph network = chain().toComputationGraph();
    ComputationGraph expected = network.clone();
    expected.setUpdater(new ComputationGraphUpdater(expected));
    network.setUpdater(OwnGradientUpdaters.of(network, null));
    for (int step = 0; step < STEPS; step++) {
      network.fit(batch(step));
      expected.fit(batch(step));
    }
    assertEquals(expected.params(), network.params());
    assertEquals(
        expected.getUpdater().getStateViewArray(), network.getUpdater().getStateViewArray());
  }

  @Test
  void theOwnGradientIsRecognised() {
    ComputationGraph network = chain().toComputationGraph();
    INDArray own = gradientOf(network, 1);
    assertNotSame(own, network.gradient().gradient(), "DL4J has become better: remove the class");

    Gradient known = OwnGradientUpdaters.recognize(network.gradient(), own);

    assertSame(own, known.gradient());
    assertEquals(network.gradient().gradientForVariable(), known.gradientForVariable());
  }

  @Test
  void theGradientOfAnotherNetworkUpdatesThisOne() {
    ComputationGraph network = chain().toComputationGraph();
    ComputationGraph expected = network.clone();
    ComputationGraph other = network.clone();
    gradientOf(network, 1);
    gradientOf(expected, 1);
    gradientOf(other, 2);
    assertSame(
        other.gradient(),
        OwnGradientUpdaters.recognize(other.gradient(), network.getFlattenedGradients()));
    INDArray given = other.gradient().gradient().dup();

    OwnGradientUpdaters.of(network, null)
        .update(other.gradient(), 0, 0, 8, LayerWorkspaceMgr.noWorkspaces());
    INDArray updated = other.gradient().gradient().dup();
    other.getFlattenedGradients().assign(given);
    new ComputationGraphUpdater(expected)
        .update(other.gradient(), 0, 0, 8, LayerWorkspaceMgr.noWorkspaces());

    assertNotEquals(given, updated);
    assertEquals(other.gradient().gradient(), updated);
  }

  private static INDArray gradientOf(ComputationGraph network, long seed) {
    network.setInputs(batch(seed).getFeatures());
    network.setLabels(batch(seed).getLabels());
    network.computeGradientAndScore();
    return network.getFlattenedGradients();
  }

  private static DataSet batch(long seed) {
    INDArray labels = Nd4j.zeros(8, 3);
    for (int i = 0; i < 8; i++) {
      labels.putScalar(i, (i + seed) % 3, 1);
    }
    return new DataSet(normal(seed + 1, 8, 5), labels);
  }

  /** Parameters of three updaters, with weight decay, and statistics that are not divided. */
  private static MultiLayerNetwork chain() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .l2(0.01)
                .updater(new Nesterovs(0.1, 0.9))
                .list()
                .layer(new DenseLayer.Builder().nOut(6).activation(Activation.RELU).build())
                .layer(new BatchNormalization())
                .layer(
                    new DenseLayer.Builder()
                        .nOut(4)
                        .updater(new Adam(0.01))
                        .weightDecay(0.02)
                        .biasUpdater(new Nesterovs(0.2, 0.5))
                        .build())
                .layer(new OutputLayer.Builder().nOut(3).activation(Activation.SOFTMAX).build())
                .setInputType(InputType.feedForward(5))
                .build());
    network.init();
    return network;
  }
}
