package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.lsq4j.network.TestNetworks;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMAE;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

class OutputLossTest {

  private static final InputType INPUT = InputType.feedForward(4);
  private static final DataSet DATA =
      new DataSet(
          TestNetworks.normal(1, 2, 4), Nd4j.createFromArray(new float[][] {{1, 0, 0}, {0, 1, 0}}));

  private static OutputLayer output(ILossFunction loss, Activation activation) {
    return new OutputLayer.Builder(loss).name("output").nOut(3).activation(activation).build();
  }

  private static String refusal(NeuralNetwork network) {
    return assertThrows(IllegalArgumentException.class, () -> OutputLoss.of(network)).getMessage();
  }

  /** DL4J must ask for the loss anew: its score is the other loss's, then the first one's again. */
  private static void assertReplaced(MultiLayerNetwork network) {
    double before = network.score(DATA);
    OutputLoss loss = OutputLoss.of(network);
    loss.replace(new LossMAE());
    INDArray error = network.output(DATA.getFeatures()).sub(DATA.getLabels());
    double mae = error.norm1Number().doubleValue() / 6;
    assertEquals(mae, network.score(DATA), 1e-5);
    loss.restore();
    assertEquals(before, network.score(DATA));
  }

  @Test
  void outputLayersGetAnotherLossAndTheirOwnBack() {
    assertReplaced(TestNetworks.chain(INPUT, output(new LossMCXENT(), Activation.SOFTMAX)));
  }

  @Test
  void lossLayersBehindSoftmaxToo() {
    assertReplaced(
        TestNetworks.chain(
            INPUT,
            new DenseLayer.Builder().nOut(3).build(),
            new ActivationLayer(Activation.SOFTMAX),
            new LossLayer.Builder(LossFunction.MCXENT).build()));
  }

  @Test
  void graphsToo() {
    ILossFunction own = new LossMCXENT();
    ComputationGraph graph = graph(own, "output");
    OutputLoss loss = OutputLoss.of(graph);
    loss.replace(new LossMAE());
    OutputLayer layer = (OutputLayer) graph.getLayer("output").conf().getLayer();
    assertTrue(layer.getLossFn() instanceof LossMAE);
    loss.restore();
    assertSame(own, layer.getLossFn());
  }

  private static ComputationGraph graph(ILossFunction loss, String... outputs) {
    var builder = TestNetworks.settings().graphBuilder().addInputs("in").setInputTypes(INPUT);
    for (String name : outputs) {
      builder.addLayer(name, output(loss, Activation.SOFTMAX), "in");
    }
    ComputationGraph graph = new ComputationGraph(builder.setOutputs(outputs).build());
    graph.init();
    return graph;
  }

  @Test
  void whatIsNoClassifierIsRefused() {
    assertTrue(
        refusal(TestNetworks.chain(INPUT, TestNetworks.linearOutput()))
            .startsWith("layer output has the loss LossMSE()"));
    MultiLayerNetwork sigmoid =
        TestNetworks.chain(INPUT, output(new LossMCXENT(), Activation.SOFTMAX));
    // DL4J would not build it, but reads it from files.
    ((OutputLayer) sigmoid.getOutputLayer().conf().getLayer())
        .setActivationFn(new ActivationSigmoid());
    assertTrue(refusal(sigmoid).startsWith("layer output has the activation sigmoid"));
    ILossFunction weighted = new LossMCXENT(Nd4j.createFromArray(1f, 2f, 3f));
    assertTrue(
        refusal(TestNetworks.chain(INPUT, output(weighted, Activation.SOFTMAX)))
            .startsWith("layer output has the loss LossMCXENT(weights="));
    assertTrue(
        refusal(graph(new LossMCXENT(), "one", "two"))
            .startsWith("the network has the outputs [one, two]"));
    assertTrue(
        refusal(TestNetworks.chain(INPUT, new DenseLayer.Builder().name("last").nOut(3).build()))
            .startsWith("layer last has no loss"));
  }
}
