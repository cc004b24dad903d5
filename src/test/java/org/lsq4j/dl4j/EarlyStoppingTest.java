package org.lsq4j.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.util.Map;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.EarlyStoppingResult.TerminationReason;
import org.deeplearning4j.earlystopping.saver.LocalFileGraphSaver;
import org.deeplearning4j.earlystopping.saver.LocalFileModelSaver;
import org.deeplearning4j.earlystopping.scorecalc.ClassificationScoreCalculator;
import org.deeplearning4j.earlystopping.scorecalc.DataSetLossCalculator;
import org.deeplearning4j.earlystopping.termination.InvalidScoreIterationTerminationCondition;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.earlystopping.termination.ScoreImprovementEpochTerminationCondition;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingGraphTrainer;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingTrainer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.network.QuantizerView;
import org.lsq4j.training.Accuracy;
import org.nd4j.evaluation.classification.Evaluation.Metric;

/** DL4J's early stopping trains quantized networks and gives the best one back from its file. */
class EarlyStoppingTest {

  private static final int EPOCHS = 3;

  @TempDir private File folder;

  @Test
  void chain() {
    MultiLayerNetwork network = Calibrated.chain(EPOCHS * Calibrated.BATCHES);
    double before = Accuracy.of(network, Calibrated.test());
    EarlyStoppingConfiguration<MultiLayerNetwork> configuration =
        new EarlyStoppingConfiguration.Builder<MultiLayerNetwork>()
            .epochTerminationConditions(new MaxEpochsTerminationCondition(EPOCHS))
            .iterationTerminationConditions(new InvalidScoreIterationTerminationCondition())
            .scoreCalculator(new ClassificationScoreCalculator(Metric.ACCURACY, Calibrated.test()))
            .modelSaver(new LocalFileModelSaver(folder))
            .build();
    EarlyStoppingResult<MultiLayerNetwork> result =
        new EarlyStoppingTrainer(configuration, network, Calibrated.training()).fit();

    assertEquals(TerminationReason.EpochTerminationCondition, result.getTerminationReason());
    assertEquals(EPOCHS, result.getTotalEpochs());
    Map<Integer, Double> scores = result.getScoreVsEpoch();
    double best = scores.values().stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    assertEquals(best, scores.get(result.getBestModelEpoch()));
    assertEquals(best, Accuracy.of(result.getBestModel(), Calibrated.test()));
    assertTrue(best > before + 0.05, before + " to " + best);
    assertTrue(
        QuantizerView.of(result.getBestModel()).stream().allMatch(QuantizerView::initialized));
  }

  @Test
  void graph() {
    ComputationGraph network = Calibrated.graph(EPOCHS * Calibrated.BATCHES);
    double before = Accuracy.of(network, Calibrated.test());
    EarlyStoppingConfiguration<ComputationGraph> configuration =
        new EarlyStoppingConfiguration.Builder<ComputationGraph>()
            .epochTerminationConditions(new MaxEpochsTerminationCondition(EPOCHS))
            .scoreCalculator(new DataSetLossCalculator(Calibrated.test(), true))
            .modelSaver(new LocalFileGraphSaver(folder.getPath()))
            .build();
    EarlyStoppingResult<ComputationGraph> result =
        new EarlyStoppingGraphTrainer(configuration, network, Calibrated.training()).fit();

    ComputationGraph bestNetwork = result.getBestModel();
    double best = result.getScoreVsEpoch().get(result.getBestModelEpoch());
    double loss = new DataSetLossCalculator(Calibrated.test(), true).calculateScore(bestNetwork);
    assertEquals(best, loss, 1e-9);
    double after = Accuracy.of(bestNetwork, Calibrated.test());
    assertTrue(after > before + 0.05, before + " to " + after);
  }

  @Test
  void endsWithoutImprovement() {
    MultiLayerNetwork network = Calibrated.chain(1);
    EarlyStoppingConfiguration<MultiLayerNetwork> configuration =
        new EarlyStoppingConfiguration.Builder<MultiLayerNetwork>()
            .epochTerminationConditions(
                new MaxEpochsTerminationCondition(10),
                new ScoreImprovementEpochTerminationCondition(1, 0.5))
            .scoreCalculator(new DataSetLossCalculator(Calibrated.test(), true))
            .modelSaver(new LocalFileModelSaver(folder))
            .build();
    EarlyStoppingResult<MultiLayerNetwork> result =
        new EarlyStoppingTrainer(configuration, network, Calibrated.training()).fit();
    assertTrue(result.getTotalEpochs() < 10, "after " + result.getTotalEpochs());
  }
}
