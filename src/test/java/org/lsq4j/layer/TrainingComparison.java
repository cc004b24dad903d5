package org.lsq4j.layer;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.lsq4j.compute.Tensors.assertClose;

import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.provider.Arguments;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** Whether two networks train alike, in all of DL4J's ways to use memory. */
final class TrainingComparison {

  /** Name of {@link #modes} for tests. */
  static final String MODES = "org.lsq4j.layer.TrainingComparison#modes";

  private TrainingComparison() {}

  /** Both element types with and without workspaces. */
  static Stream<Arguments> modes() {
    return Stream.of(DataType.FLOAT, DataType.DOUBLE)
        .flatMap(
            type ->
                Stream.of(WorkspaceMode.ENABLED, WorkspaceMode.NONE)
                    .map(mode -> Arguments.of(type, mode)));
  }

  /** Sets a chain's ways to use memory, in training and in inference. */
  static MultiLayerNetwork with(WorkspaceMode mode, MultiLayerNetwork chain) {
    chain.getLayerWiseConfigurations().setTrainingWorkspaceMode(mode);
    chain.getLayerWiseConfigurations().setInferenceWorkspaceMode(mode);
    return chain;
  }

  /** Sets a graph's ways to use memory, in training and in inference. */
  static ComputationGraph with(WorkspaceMode mode, ComputationGraph graph) {
    graph.getConfiguration().setTrainingWorkspaceMode(mode);
    graph.getConfiguration().setInferenceWorkspaceMode(mode);
    return graph;
  }

  /** Batches of other sizes, and inference with others again in between. */
  static void assertTrainAlike(NeuralNetwork expected, NeuralNetwork actual, DataType type) {
    INDArray before = actual.params().dup();
    int[] examples = {4, 7, 2, 7, 7};
    for (int step = 0; step < examples.length; step++) {
      INDArray x = TestNetworks.images(type, examples[step], step);
      INDArray labels = TestNetworks.labels(type, examples[step]);
      expected.fit(new DataSet(x.dup(), labels));
      actual.fit(new DataSet(x.dup(), labels));
      assertClose(expected.params(), actual.params(), 1e-5, "after step " + step);
      INDArray other = TestNetworks.images(type, 1 + step % 3, 77);
      assertClose(output(expected, other), output(actual, other), 1e-5, "output " + step);
      assertSameActivations(expected, actual, other);
    }
    assertNotEquals(before, actual.params());
  }

  /** In training only: when it infers, DL4J's activation layer overwrites what was before it. */
  private static void assertSameActivations(
      NeuralNetwork expected, NeuralNetwork actual, INDArray x) {
    if (expected instanceof MultiLayerNetwork chain) {
      List<INDArray> values = ((MultiLayerNetwork) actual).feedForward(x, true);
      List<INDArray> wanted = chain.feedForward(x, true);
      for (int i = 0; i < wanted.size(); i++) {
        assertClose(wanted.get(i), values.get(i), 1e-5, "activation " + i);
      }
    } else {
      var values = ((ComputationGraph) actual).feedForward(x, true);
      ((ComputationGraph) expected)
          .feedForward(x, true)
          .forEach((name, wanted) -> assertClose(wanted, values.get(name), 1e-5, name));
    }
  }

  private static INDArray output(NeuralNetwork network, INDArray x) {
    return network instanceof MultiLayerNetwork chain
        ? chain.output(x)
        : ((ComputationGraph) network).outputSingle(x);
  }
}
