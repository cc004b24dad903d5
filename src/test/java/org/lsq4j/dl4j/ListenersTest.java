package org.lsq4j.dl4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.InvocationType;
import org.deeplearning4j.optimize.listeners.CheckpointListener;
import org.deeplearning4j.optimize.listeners.EvaluativeListener;
import org.deeplearning4j.optimize.listeners.PerformanceListener;
import org.deeplearning4j.optimize.listeners.ScoreIterationListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.training.Accuracy;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.ndarray.INDArray;

/** DL4J's listeners hear quantized networks train, and do not disturb them. */
class ListenersTest {

  private static final int EPOCHS = 2;

  @TempDir private File folder;

  @Test
  void checkpointListenerWritesTheNetworkOfItsIteration() {
    MultiLayerNetwork network = Calibrated.chain(EPOCHS * Calibrated.BATCHES);
    CheckpointListener listener =
        new CheckpointListener.Builder(folder)
            .saveEveryNIterations(10)
            .keepLast(2)
            .logSaving(false)
            .build();
    List<float[]> snapshots = new ArrayList<>();
    network.setListeners(
        listener,
        new BaseTrainingListener() {
          @Override
          public void iterationDone(Model model, int iteration, int epoch) {
            if (iteration == 30) {
              snapshots.add(values(model.params()));
              snapshots.add(values(network.getUpdater().getStateViewArray()));
            }
          }
        });
    network.fit(Calibrated.training(), EPOCHS);

    assertEquals(2, listener.availableCheckpoints().size());
    assertEquals(30, listener.lastCheckpoint().getIteration());
    MultiLayerNetwork last = CheckpointListener.loadLastCheckpointMLN(folder);
    assertArrayEquals(snapshots.get(0), values(last.params()), "parameters");
    assertArrayEquals(
        snapshots.get(1), values(last.getUpdater().getStateViewArray()), "updater state");
    last.fit(Calibrated.training(), 1);
    assertTrue(Accuracy.of(last, Calibrated.test()) > 0.6);
  }

  @Test
  void evaluativeListenerSeesTheAccuracyAndChangesNothing() {
    MultiLayerNetwork alone = Calibrated.chain(Calibrated.BATCHES);
    alone.fit(Calibrated.training(), 1);

    MultiLayerNetwork network = Calibrated.chain(Calibrated.BATCHES);
    List<Double> heard = new ArrayList<>();
    EvaluativeListener listener =
        new EvaluativeListener(Calibrated.test(), 5, InvocationType.ITERATION_END);
    listener.setCallback(
        (source, model, calls, evaluations) -> heard.add(((Evaluation) evaluations[0]).accuracy()));
    List<Double> expected = new ArrayList<>();
    network.setListeners(
        listener,
        new BaseTrainingListener() {
          @Override
          public void iterationDone(Model model, int iteration, int epoch) {
            if (heard.size() > expected.size()) {
              expected.add(Accuracy.of((MultiLayerNetwork) model, Calibrated.test()));
            }
          }
        });
    network.fit(Calibrated.training(), 1);

    assertTrue(heard.size() >= 3, "evaluations " + heard);
    assertEquals(expected, heard);
    assertArrayEquals(
        values(alone.params()), values(network.params()), "trained as without listener");
  }

  @Test
  void scoreIterationListenerReportsTheLoss() throws Exception {
    MultiLayerNetwork network = Calibrated.chain(Calibrated.BATCHES);
    List<String> scores = new ArrayList<>();
    network.setListeners(
        new ScoreIterationListener(1),
        new BaseTrainingListener() {
          @Override
          public void iterationDone(Model model, int iteration, int epoch) {
            scores.add("Score at iteration " + iteration + " is " + model.score());
          }
        });
    List<String> lines =
        LogLines.of(ScoreIterationListener.class, () -> network.fit(Calibrated.training(), 1));
    assertEquals(Calibrated.BATCHES, lines.size());
    for (int i = 0; i < lines.size(); i++) {
      assertTrue(lines.get(i).endsWith(scores.get(i)), lines.get(i) + " for " + scores.get(i));
    }
  }

  @Test
  void performanceListenerCountsTheSamples() throws Exception {
    MultiLayerNetwork network = Calibrated.chain(Calibrated.BATCHES);
    network.setListeners(new PerformanceListener(1, true, true));
    List<String> lines =
        LogLines.of(PerformanceListener.class, () -> network.fit(Calibrated.training(), 1));
    assertEquals(Calibrated.BATCHES, lines.size());
    Pattern numbers =
        Pattern.compile(
            "iteration time: (\\d+) ms; samples/sec: ([\\d.]+|Infinity); .*score: ([\\d.]+);");
    for (String line : lines) {
      Matcher found = numbers.matcher(line);
      assertTrue(found.find(), line);
      double seconds = Long.parseLong(found.group(1)) / 1e3;
      double samples = Double.parseDouble(found.group(2)) * seconds;
      assertTrue(seconds == 0 || Math.abs(samples - 50) < 1, line);
    }
    assertTrue(lines.get(lines.size() - 1).contains("score: " + network.score()));
  }

  private static float[] values(INDArray array) {
    return array.dup().data().asFloat();
  }
}
