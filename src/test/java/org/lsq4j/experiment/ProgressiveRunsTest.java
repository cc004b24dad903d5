package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.experiment.TinyExperiment.PowerCut;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizedNetwork;
import org.lsq4j.training.Calibration;
import org.lsq4j.training.Checkpoint;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Runs that start from the result of another run. */
class ProgressiveRunsTest {

  private static final String RUNS =
      "runs=[{name: W4A4, weights: 4, inputs: 4}, "
          + "{name: W3A3, from: W4A4, weights: 3, inputs: 3, training: {epochs: 1}}, "
          + "{name: direct, weights: 3, inputs: 3, training: {epochs: 1}}]";

  @TempDir private static Path folder;

  private static ExperimentConfig config;
  private static Path out;
  private static ExperimentResults results;
  private static final List<String> STARTS = new ArrayList<>();

  @BeforeAll
  static void run() throws IOException {
    config = TinyExperiment.with(folder, RUNS);
    out = folder.resolve("out");
    results =
        Experiment.run(
            config,
            out,
            StartMode.NEW,
            new ExperimentObserver() {
              @Override
              public void onStage(Stage stage) {
                STARTS.add(stage.name() + " from " + stage.from());
              }
            });
  }

  @Test
  void everyStageSaysWhereItStarts() {
    assertEquals(
        List.of("float from float", "W4A4 from float", "W3A3 from W4A4", "direct from float"),
        STARTS);
  }

  /** Weights, biases and batch norm are those of the run before; so are steps of the same codes. */
  @Test
  void theNetworkOfTheRunBeforeIsTaken() {
    NeuralNetwork before = Checkpoint.read(out.resolve("W4A4/last.zip")).network();
    QuantizedNetwork<? extends NeuralNetwork> taken =
        Conversion.of(config, config.runs().get(1), before);
    List<Layer> sources = Networks.layers(before);
    List<Layer> targets = Networks.layers(taken.network());
    for (int i = 0; i < sources.size(); i++) {
      boolean isEdge = i == 0 || i == sources.size() - 1;
      for (Map.Entry<String, INDArray> parameter : sources.get(i).paramTable().entrySet()) {
        INDArray target = targets.get(i).getParam(parameter.getKey());
        boolean isNew = QuantizedParamInitializer.isQuantizerParam(parameter.getKey()) && !isEdge;
        INDArray expected = isNew ? parameter.getValue().mul(0) : parameter.getValue();
        assertEquals(expected, target, sources.get(i) + " " + parameter.getKey());
      }
    }
  }

  @Test
  void theUntrainedResultIsThatOfTheCalibratedNetwork() throws IOException {
    NeuralNetwork before = Checkpoint.read(out.resolve("W4A4/last.zip")).network();
    NeuralNetwork network = Conversion.of(config, config.runs().get(1), before).network();
    ExperimentData data =
        ExperimentData.of(config, config.data().load(), FloatNetwork.formatOf(before));
    Calibration.run(network, data.calibration(32), 8);
    Map<String, List<Double>> expected =
        org.lsq4j.network.QuantizerView.of(network).stream()
            .collect(Collectors.toMap(q -> q.layer() + q.role(), q -> q.step()));
    for (StepResult step : result("W3A3").steps()) {
      assertArrayEquals(
          expected.get(step.layer() + step.role()).stream().mapToDouble(d -> d).toArray(),
          step.initialStep().stream().mapToDouble(d -> d).toArray(),
          1e-9);
    }
    assertNotEquals(
        result("direct").steps().get(2).initialStep(), result("W3A3").steps().get(2).initialStep());
  }

  @Test
  void aResumedExperimentGivesTheSame() throws IOException {
    Path cut = folder.resolve("cut");
    List<String> stages = new ArrayList<>();
    ExperimentObserver powerCut =
        new ExperimentObserver() {
          @Override
          public void onCalibrated(double accuracy) {
            if (stages.size() == 3) {
              throw new PowerCut();
            }
          }

          @Override
          public void onStage(Stage stage) {
            stages.add(stage.name());
          }
        };
    assertThrows(PowerCut.class, () -> Experiment.run(config, cut, StartMode.NEW, powerCut));
    ExperimentResults resumed = TinyExperiment.run(config, cut, StartMode.RESUME);
    assertEquals(result("W3A3").steps(), result(resumed, "W3A3").steps());
  }

  private static StageResult result(String name) {
    return result(results, name);
  }

  private static StageResult result(ExperimentResults of, String name) {
    return of.runs().stream().filter(r -> r.name().equals(name)).findFirst().orElseThrow();
  }
}
