package org.lsq4j.dl4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import org.deeplearning4j.core.util.ModelGuesser;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.training.Accuracy;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerStandardize;

/** DL4J's evaluation, and its ways to save and load, on quantized networks. */
class SavedModelsTest {

  @TempDir private File folder;

  @Test
  void evaluationCountsTheSamePredictions() {
    MultiLayerNetwork network = Calibrated.chain(Calibrated.BATCHES);
    network.fit(Calibrated.training(), 1);
    Evaluation evaluation = network.evaluate(Calibrated.test());
    assertEquals(Calibrated.TEST_IMAGES, evaluation.getNumRowCounter());
    assertEquals(Accuracy.of(network, Calibrated.test()), evaluation.accuracy());
    assertTrue(evaluation.accuracy() > 0.6, "accuracy " + evaluation.accuracy());
    Evaluation ofGraph = network.toComputationGraph().evaluate(Calibrated.test());
    assertEquals(evaluation.getConfusion(), ofGraph.getConfusion());
  }

  @Test
  void serializerKeepsNetworkUpdaterAndNormalizer() throws Exception {
    MultiLayerNetwork network = Calibrated.chain(2 * Calibrated.BATCHES);
    network.fit(Calibrated.training(), 1);
    File file = new File(folder, "chain.zip");
    NormalizerStandardize normalizer = new NormalizerStandardize();
    normalizer.fit(Calibrated.test().next());
    ModelSerializer.writeModel(network, file, true);
    ModelSerializer.addNormalizerToModel(file, normalizer);

    MultiLayerNetwork loaded = ModelSerializer.restoreMultiLayerNetwork(file, true);
    assertArrayEquals(values(network.params()), values(loaded.params()));
    assertArrayEquals(
        values(network.getUpdater().getStateViewArray()),
        values(loaded.getUpdater().getStateViewArray()));
    assertEquals(normalizer, ModelSerializer.restoreNormalizerFromFile(file));
    DataSet batch = Calibrated.test().next();
    assertArrayEquals(
        values(network.output(batch.getFeatures())), values(loaded.output(batch.getFeatures())));
  }

  @Test
  void guesserFindsOutTheKind() throws Exception {
    DataSet batch = Calibrated.test().next();
    MultiLayerNetwork chain = Calibrated.chain(Calibrated.BATCHES);
    File chainFile = new File(folder, "chain.zip");
    ModelSerializer.writeModel(chain, chainFile, true);
    MultiLayerNetwork guessed =
        assertInstanceOf(MultiLayerNetwork.class, ModelGuesser.loadModelGuess(chainFile.getPath()));
    assertArrayEquals(
        values(chain.output(batch.getFeatures())), values(guessed.output(batch.getFeatures())));

    ComputationGraph graph = Calibrated.graph(Calibrated.BATCHES);
    File graphFile = new File(folder, "graph.zip");
    ModelSerializer.writeModel(graph, graphFile, true);
    ComputationGraph guessedGraph =
        assertInstanceOf(ComputationGraph.class, ModelGuesser.loadModelGuess(graphFile.getPath()));
    assertArrayEquals(
        values(graph.outputSingle(batch.getFeatures())),
        values(guessedGraph.outputSingle(batch.getFeatures())));
  }

  private static float[] values(INDArray array) {
    return array.dup().data().asFloat();
  }
}
