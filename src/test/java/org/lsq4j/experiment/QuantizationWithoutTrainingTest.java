package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.experiment.TinyExperiment.Listener;
import org.lsq4j.network.LayerDecision;
import org.lsq4j.network.Networks;

/** Runs of 0 epochs, batch norm statistics found anew, and batch norms folded. */
class QuantizationWithoutTrainingTest {

  @TempDir private Path folder;

  private ExperimentResults run(String out, String... overrides) throws IOException {
    return TinyExperiment.run(
        TinyExperiment.with(folder, overrides), folder.resolve(out), StartMode.NEW);
  }

  private static final String NO_TRAINING = "training={epochs: 0, batch: 32}";

  @Test
  void aRunOfNoEpochsIsCalibratedAndNotTrained() throws IOException {
    ExperimentResults results = run("ptq", NO_TRAINING, "float.epochs=1");
    StageResult trained = run("qat", "float.epochs=1", "training.epochs=1").runs().get(1);
    StageResult result = results.runs().get(1);

    assertEquals(0, result.epochs());
    assertEquals(result.ptqAccuracy(), result.testAccuracy());
    assertEquals(trained.ptqAccuracy(), result.ptqAccuracy());
    for (StepResult step : result.steps()) {
      assertEquals(step.initialStep(), step.step(), step::toString);
    }
    List<String> metrics = Files.readAllLines(folder.resolve("ptq/metrics.jsonl"));
    assertEquals(2, metrics.size(), "an epoch of float, and the calibrated network");
    assertTrue(metrics.get(1).startsWith("{\"stage\":\"W3A3\",\"epoch\":0,"), metrics.get(1));
  }

  @Test
  void theCalibratedNetworkIsSavedAndTakenUpAgain() throws IOException {
    ExperimentConfig config = TinyExperiment.with(folder, NO_TRAINING, "float.epochs=1");
    Path out = folder.resolve("out");
    ExperimentResults first = TinyExperiment.run(config, out, StartMode.NEW);
    ModelInspection saved = ModelInspection.of(out.resolve("W3A3/last.zip"));
    assertTrue(saved.quantizers().stream().allMatch(q -> q.initialized()));
    assertEquals("fashion-mnist-mini", saved.card().dataset());

    Listener listener = new Listener();
    ExperimentResults second = Experiment.run(config, out, StartMode.RESUME, listener);

    assertEquals(
        List.of("start", "stage float", "end float", "stage W3A3", "end W3A3"), listener.events);
    assertEquals(first.runs(), second.runs());
  }

  @Test
  void statisticsFoundAnewDoNotChangeThePtqBaseline() throws IOException {
    StageResult plain = run("a", NO_TRAINING, "float.epochs=1").runs().get(1);
    StageResult estimated =
        run("b", NO_TRAINING, "training.batchNormBatches=2", "float.epochs=1").runs().get(1);

    assertEquals(plain.ptqAccuracy(), estimated.ptqAccuracy());
    assertEquals(
        plain.steps().stream().map(StepResult::step).toList(),
        estimated.steps().stream().map(StepResult::step).toList());
    assertNotEquals(statistics("a"), statistics("b"));
  }

  private String statistics(String out) {
    return Networks.layers(Networks.load(folder.resolve(out + "/W3A3/last.zip")))
        .get(1)
        .params()
        .toString();
  }

  @Test
  void statisticsOfTrainedNetworksAreFoundOnTheLastWeights() throws IOException {
    StageResult moving = run("moving", "float.epochs=1", "training.epochs=1").runs().get(1);
    StageResult estimated =
        run("anew", "float.epochs=1", "training.epochs=1", "training.batchNormBatches=3")
            .runs()
            .get(1);

    assertEquals(moving.steps().get(0).step(), estimated.steps().get(0).step());
    assertNotEquals(statistics("moving"), statistics("anew"));
  }

  @Test
  void foldedBatchNormsAreToldAndTrain() throws IOException {
    Stages listener = new Stages();
    ExperimentConfig config =
        TinyExperiment.with(
            folder, "network.batchNorm=fold", "float.epochs=1", "training.epochs=1");
    ExperimentResults results =
        Experiment.run(config, folder.resolve("folded"), StartMode.NEW, listener);

    LayerDecision norm = listener.decisions.get(1);
    assertEquals("norm1", norm.layer());
    assertEquals("folded into conv1", norm.reason());
    ModelInspection saved = ModelInspection.of(folder.resolve("folded/W3A3/last.zip"));
    assertEquals("FastActivation", saved.layers().get(1).type());
    assertEquals(1, results.runs().get(1).epochs());
  }

  /** Remembers the decisions of the last stage. */
  private static final class Stages implements ExperimentObserver {
    private List<LayerDecision> decisions;

    @Override
    public void onStage(Stage stage) {
      decisions = stage.decisions();
    }
  }
}
