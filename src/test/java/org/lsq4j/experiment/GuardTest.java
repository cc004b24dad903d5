package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.experiment.TinyExperiment.PowerCut;
import org.lsq4j.network.Networks;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.EpochMetrics;
import org.lsq4j.training.StepGradients;
import org.lsq4j.training.TrainingDivergedException;
import org.lsq4j.training.TrainingExtension;
import org.lsq4j.training.TrainingRun;

class GuardTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Decay that overshoots: weights double in every update, which takes more than an epoch to be
   * found; at a hundredth of the rate, they shrink.
   */
  private static final String EXPLODES =
      "{epochs: 12, batch: 32, learningRate: 0.01, momentum: 0, weightDecay: 300, schedule:"
          + " constant, guard: {policy: %s, factor: 0.01, retries: 4}}";

  @TempDir private Path folder;

  /** Hears warnings; the power fails in an epoch of the float stage. */
  private static final class Listener implements ExperimentObserver {
    private final List<String> warnings = new ArrayList<>();
    private final List<Double> rates = new ArrayList<>();
    private int powerCutIn;

    @Override
    public void onWarning(String message) {
      warnings.add(message);
    }

    @Override
    public void onEpoch(EpochMetrics metrics) {
      rates.add(metrics.learningRate());
      if (metrics.epoch() == powerCutIn) {
        throw new PowerCut();
      }
    }
  }

  private ExperimentConfig exploding(String policy) throws IOException {
    return TinyExperiment.with(folder, "float=" + EXPLODES.formatted(policy), "runs=[]");
  }

  @Test
  void stopsUnlessToldOtherwise() throws IOException {
    Path out = folder.resolve("out");
    ExperimentConfig config = exploding("stop");

    assertThrows(
        TrainingDivergedException.class, () -> TinyExperiment.run(config, out, StartMode.NEW));

    assertTrue(Files.notExists(out.resolve("float/rollbacks.json")));
  }

  @Test
  void aStoppedTrainingMayBeResumedWithRollbacks() throws IOException {
    Path stopped = folder.resolve("stopped");
    Path whole = folder.resolve("whole");
    assertThrows(
        TrainingDivergedException.class,
        () -> TinyExperiment.run(exploding("stop"), stopped, StartMode.NEW));
    TinyExperiment.run(exploding("rollback"), stopped, StartMode.RESUME);
    TinyExperiment.run(exploding("rollback"), whole, StartMode.NEW);

    assertArrayEquals(parameters(whole), parameters(stopped));
  }

  @Test
  void rollsBackToTheLastGoodCheckpointAndIsRecorded() throws IOException {
    Path out = folder.resolve("out");
    Listener listener = new Listener();

    ExperimentResults results = Experiment.run(exploding("rollback"), out, StartMode.NEW, listener);

    List<Rollback> rollbacks = results.runs().get(0).rollbacks();
    assertEquals(rollbacks.size(), listener.warnings.size(), listener.warnings::toString);
    Rollback rollback = rollbacks.get(0);
    double factor = rollbacks.get(rollbacks.size() - 1).rateFactor();
    assertTrue(rollback.epoch() > 1, "there was a good checkpoint before");
    listener.warnings.forEach(
        warning -> assertTrue(warning.contains("the last healthy loss was "), warning));
    assertEquals(0.01, rollback.rateFactor());
    assertEquals(Math.pow(0.01, rollbacks.size()), factor, 1e-12);
    assertEquals(12, results.runs().get(0).epochs());
    assertTrue(
        listener.warnings.get(0).contains("Rollback 1 of 4: going on from there"),
        listener.warnings::toString);
    assertEquals(0.01, listener.rates.get(0), 1e-12);
    assertEquals(0.01 * factor, listener.rates.get(11), 1e-15);
    JsonNode json = JSON.readTree(out.resolve("results.json").toFile());
    assertEquals(rollback.iteration(), json.at("/runs/0/rollbacks/0/iteration").asInt());
    List<String> lines = Files.readAllLines(out.resolve("metrics.jsonl"));
    assertTrue(lines.get(rollback.epoch() - 1).contains("\"rollbacks\":[{\"epoch\":"));
    assertEquals(1, lines.stream().filter(line -> line.contains("rollbacks")).count());
  }

  @Test
  void resumedRunKeepsTheLowerRateAndEndsLikeTheWholeOne() throws IOException {
    ExperimentConfig config = exploding("rollback");
    Path whole = folder.resolve("whole");
    Path cut = folder.resolve("cut");
    Experiment.run(config, whole, StartMode.NEW, new Listener());
    Listener interrupted = new Listener();
    interrupted.powerCutIn = 10;
    assertThrows(PowerCut.class, () -> Experiment.run(config, cut, StartMode.NEW, interrupted));
    assertTrue(interrupted.warnings.size() > 0, "the rate was lowered before the power failed");

    Listener resumed = new Listener();
    ExperimentResults results = Experiment.run(config, cut, StartMode.RESUME, resumed);

    assertEquals(List.of(), resumed.warnings);
    double lowered = interrupted.rates.get(interrupted.rates.size() - 1);
    assertTrue(lowered < 0.01, "lowered to " + lowered);
    assertEquals(List.of(lowered, lowered, lowered), resumed.rates);
    assertEquals(interrupted.warnings.size(), results.runs().get(0).rollbacks().size());
    assertArrayEquals(parameters(whole), parameters(cut));
  }

  private static float[] parameters(Path out) {
    MultiLayerNetwork network =
        (MultiLayerNetwork) Checkpoint.read(out.resolve("float/last.zip")).network();
    return network.params().dup('c').data().asFloat();
  }

  @Test
  void givesUpAfterTheRetries() throws IOException {
    ExperimentConfig config =
        TinyExperiment.with(
            folder,
            "float={epochs: 2, batch: 32, learningRate: 1.0e+30, guard: {policy: rollback, factor:"
                + " 0.9, retries: 2}}",
            "runs=[]");
    Listener listener = new Listener();

    TrainingDivergedException error =
        assertThrows(
            TrainingDivergedException.class,
            () -> Experiment.run(config, folder.resolve("out"), StartMode.NEW, listener));

    assertTrue(error.getMessage().contains("rolled back 2 times"), error.getMessage());
    assertEquals(2, listener.warnings.size());
    assertTrue(listener.warnings.get(0).contains("from the start of the stage"));
  }

  @Test
  void quantizedStagesRollBackToo() throws IOException {
    ExperimentConfig config =
        TinyExperiment.with(
            folder,
            "float.epochs=1",
            "training={epochs: 2, batch: 32, learningRate: 1.0e+20, schedule: constant, guard:"
                + " {policy: rollback, factor: 1.0e-22, retries: 1}}");

    ExperimentResults results = TinyExperiment.run(config, folder.resolve("out"), StartMode.NEW);

    assertEquals(1, results.runs().get(1).rollbacks().size());
    assertEquals(2, results.runs().get(1).epochs());
    assertTrue(results.runs().get(1).testAccuracy() > 0.1);
  }

  /** Poisons the gradients of one update of a stage, once. */
  private static final class Poison implements ExperimentObserver, TrainingExtension {
    private final List<String> warnings = new ArrayList<>();
    private TrainingRun run;
    private boolean isUsed;

    @Override
    public List<TrainingExtension> watchers(String stage) {
      return stage.equals("W3A3") ? List.of(this) : List.of();
    }

    @Override
    public void onWarning(String message) {
      warnings.add(message);
    }

    @Override
    public String name() {
      return "poison";
    }

    @Override
    public void start(TrainingRun newRun) {
      run = newRun;
    }

    @Override
    public void onGradients(StepGradients gradients) {
      if (!isUsed && Networks.iterations(run.network()) == 10) {
        isUsed = true;
        for (Layer layer : Networks.layers(run.network())) {
          layer.paramTable().keySet().forEach(key -> gradients.of(layer, key).assign(Double.NaN));
        }
      }
    }
  }

  /** With a factor that no float tells from 1, all is as if nothing had happened. */
  @Test
  void rollsBackWithinAnEpochWithAllThatTakesPart() throws IOException {
    ExperimentConfig config =
        TinyExperiment.with(
            folder,
            "training={epochs: 3, batch: 32, learningRate: 0.01, ema: 0.9, batchNormBatches: 1,"
                + " distillation: {teacher: float}, oscillation: {method: freeze, momentum: 0.3,"
                + " startThreshold: 0.2, endThreshold: 0.1, maxBits: 8}, checkpoint: {iterations:"
                + " 4}, guard: {policy: rollback, factor: 0.9999999999999999}}");
    Path whole = folder.resolve("whole");
    Path broken = folder.resolve("broken");
    TinyExperiment.run(config, whole, StartMode.NEW);
    Poison poison = new Poison();

    ExperimentResults results = Experiment.run(config, broken, StartMode.NEW, poison);

    assertEquals(1, results.runs().get(1).rollbacks().size());
    Path checkpoint = broken.resolve("W3A3/checkpoints/iteration-00000008.zip");
    assertTrue(
        poison.warnings.get(0).contains("the last good network is " + checkpoint),
        poison.warnings::toString);
    assertTrue(poison.warnings.get(0).contains("going on from there"), poison.warnings::toString);
    SameRuns.assertSameModels(whole.resolve("W3A3"), broken.resolve("W3A3"));
    SameRuns.assertSameObservations(whole, broken, "W3A3");
  }

  @Test
  void valuesAreChecked() {
    for (String guard :
        List.of(
            "{policy: rollback, factor: 1}", "{policy: rollback, retries: 0}", "{factor: 0.5}")) {
      ConfigException error =
          assertThrows(
              ConfigException.class, () -> TinyExperiment.with(folder, "float.guard=" + guard));
      assertTrue(error.getMessage().contains("float.guard."), error.getMessage());
    }
  }
}
