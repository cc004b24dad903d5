package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.experiment.TinyExperiment.Listener;
import org.lsq4j.quantizer.QuantizerRole;

class ExperimentTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder;

  private static Path out;
  private static ExperimentResults results;
  private static final Listener LISTENER = new Listener();

  @BeforeAll
  static void run() throws IOException {
    out = folder.resolve("out");
    results = Experiment.run(TinyExperiment.with(folder), out, StartMode.NEW, LISTENER);
  }

  @Test
  void tellsEveryStep() {
    assertEquals(
        List.of(
            "start",
            "stage float",
            "epoch 1",
            "epoch 2",
            "end float",
            "stage W3A3",
            "calibrated",
            "epoch 1",
            "epoch 2",
            "end W3A3"),
        LISTENER.events);
  }

  @Test
  void resultsFileHoldsTheResults() throws IOException {
    JsonNode file = JSON.readTree(out.resolve("results.json").toFile());

    assertEquals("tiny", file.at("/name").asText());
    assertEquals(1, file.at("/seed").asInt());
    assertEquals(2, file.at("/config/float/epochs").asInt());
    assertEquals(List.of("float", "W3A3"), file.at("/runs").findValuesAsText("name"));
    JsonNode run = file.at("/runs/1");
    StageResult expected = results.runs().get(1);
    assertEquals(3, run.at("/weightBits").asInt());
    assertEquals(expected.testAccuracy(), run.at("/testAccuracy").asDouble());
    assertEquals(expected.ptqAccuracy(), run.at("/ptqAccuracy").asDouble());
    assertEquals(6, run.at("/steps").size());
    assertEquals("conv1", run.at("/steps/0/layer").asText());
    assertEquals("weight", run.at("/steps/0/role").asText());
  }

  @Test
  void floatStageHasNoQuantizersAndNoUntrainedAccuracy() {
    StageResult floatStage = results.runs().get(0);

    assertNull(floatStage.ptqAccuracy());
    assertEquals(32, floatStage.weightBits());
    assertEquals(List.of(), floatStage.steps());
    assertEquals(floatStage.floatSizeBytes(), floatStage.sizeBytes());
  }

  @Test
  void stepsAreLearnedFromTheirInitialValue() {
    StageResult run = results.runs().get(1);

    for (StepResult step : run.steps()) {
      assertEquals(1, step.initialStep().size(), step::toString);
      assertNotEquals(step.initialStep(), step.step(), step::toString);
    }
    assertEquals(8, run.steps().get(0).bits(), "the first layer has 8 bits");
    assertEquals(3, run.steps().get(2).bits());
    assertTrue(
        run.steps().stream().allMatch(step -> step.clipShare() != null),
        "clip shares of weights and inputs");
  }

  @Test
  void metricsHaveALineForEachEpochAndOneForTheUntrainedNetwork() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(out.resolve("metrics.jsonl"))) {
      lines.add(JSON.readTree(line));
    }

    assertEquals(
        List.of("float 1", "float 2", "W3A3 0", "W3A3 1", "W3A3 2"),
        lines.stream()
            .map(line -> line.get("stage").asText() + " " + line.get("epoch").asInt())
            .toList());
    assertEquals(results.runs().get(1).ptqAccuracy(), lines.get(2).get("testAccuracy").asDouble());
    assertFalse(lines.get(2).has("loss"), "an untrained network has no training loss");
    assertTrue(lines.get(4).get("loss").asDouble() > 0);
    assertEquals(6, lines.get(4).get("quantizers").size());
  }

  @Test
  void configFileIsTheCompleteConfiguration() throws IOException {
    ExperimentConfig written = ConfigReader.read(out.resolve("config.yaml"), List.of());

    assertEquals(CNN2DFormat.NCHW, written.network().format(), "the one of the model");
    assertEquals(TinyExperiment.with(folder, "network.format=nchw"), written);
  }

  @Test
  void deeplearning4jCanLoadTheModels() throws IOException {
    Path model = out.resolve("W3A3/last.zip");

    assertTrue(ModelSerializer.restoreMultiLayerNetwork(model.toFile()).numParams() > 0);
  }

  @Test
  void evaluationOfTheSavedModelRepeatsTheAccuracy() throws IOException {
    ExperimentConfig config = TinyExperiment.with(folder);
    Path images = Files.createDirectories(folder.resolve("test-images"));
    // The same 100 test images as the experiment's.
    IdxFolderWriter.write(images.resolve("first"), config.data().load());

    ModelEvaluation evaluation =
        ModelEvaluation.of(
            new ModelEvaluation.Request(
                out.resolve("W3A3/last.zip"), "first", images, 7, Optional.empty()));

    assertEquals(100, evaluation.images());
    assertEquals(results.runs().get(1).testAccuracy(), evaluation.accuracy(), 1e-9);
  }

  @Test
  void inspectionShowsEveryQuantizer() throws IOException {
    ModelInspection inspection = ModelInspection.of(out.resolve("W3A3/last.zip"));

    assertEquals("fashion-mnist-mini", inspection.card().dataset());
    assertEquals(2, inspection.training().epochsDone());
    assertEquals(4, inspection.layers().size());
    assertEquals(results.runs().get(1).sizeBytes(), inspection.size().bytes());
    assertEquals(
        results.runs().get(1).steps().stream().map(StepResult::step).toList(),
        inspection.quantizers().stream().map(ModelInspection.QuantizerSummary::step).toList());
    JsonNode json = JSON.readTree(inspection.toJson());
    assertEquals("signed", json.at("/quantizers/0/spec/sign").asText());
  }

  @Test
  void quantizationWithoutTrainingGivesTheUntrainedAccuracy() throws IOException {
    ExperimentConfig config = TinyExperiment.with(folder);
    Path target = folder.resolve("ptq.zip");

    ModelQuantization done =
        ModelQuantization.of(
            new ModelQuantization.Request(
                out.resolve("float/last.zip"), config, Optional.empty(), target, StartMode.NEW));

    assertEquals("W3A3", done.run());
    assertEquals(results.runs().get(1).ptqAccuracy(), done.accuracy(), 1e-9);
    assertEquals(results.runs().get(0).testAccuracy(), done.floatAccuracy(), 1e-9);
    assertEquals(
        results.runs().get(1).steps().stream().map(StepResult::initialStep).toList(),
        ModelInspection.of(target).quantizers().stream()
            .map(ModelInspection.QuantizerSummary::step)
            .toList());
  }

  @Test
  void loadedModelNeedsNoFloatTraining() throws IOException {
    ExperimentConfig config =
        TinyExperiment.with(
            folder,
            "network={model: '" + out.resolve("float/last.zip") + "'}",
            "float.epochs=0",
            "runs=[]");

    ExperimentResults again = TinyExperiment.run(config, folder.resolve("loaded"), StartMode.NEW);

    assertEquals(results.runs().get(0).testAccuracy(), again.runs().get(0).testAccuracy());
    assertEquals(0, again.runs().get(0).epochs());
  }

  @Test
  void graphsAreTrainedAndQuantizedToo() throws IOException {
    Path graph = folder.resolve("graph.zip");
    MultiLayerNetwork network =
        ModelSerializer.restoreMultiLayerNetwork(folder.resolve("tiny.zip").toFile());
    ModelSerializer.writeModel(network.toComputationGraph(), graph.toFile(), false);
    ExperimentConfig config =
        TinyExperiment.with(
            folder, "network.model=" + graph, "float.epochs=1", "training.epochs=1");

    ExperimentResults graphResults =
        TinyExperiment.run(config, folder.resolve("graph"), StartMode.NEW);

    assertEquals(6, graphResults.runs().get(1).steps().size());
    assertEquals(results.runs().get(1).sizeBytes(), graphResults.runs().get(1).sizeBytes());
  }

  @Test
  void networksWithShortcutsAreBuiltTrainedAndResumed() throws IOException {
    ExperimentConfig config =
        TinyExperiment.with(
            folder,
            "network={architecture: resnet8}",
            "data={name: fashion-mnist-mini, trainLimit: 32, testLimit: 20}",
            "float.epochs=1",
            "training.epochs=1");
    Path place = folder.resolve("resnet");

    ExperimentResults residual = TinyExperiment.run(config, place, StartMode.NEW);
    ExperimentResults again = TinyExperiment.run(config, place, StartMode.RESUME);

    assertEquals(2 * 10, residual.runs().get(1).steps().size());
    assertEquals(residual.runs().get(1).testAccuracy(), again.runs().get(1).testAccuracy());
  }

  @Test
  void earlierRunIsKeptUnlessToldOtherwise() throws IOException {
    Path second = folder.resolve("second");
    ExperimentConfig config = TinyExperiment.with(folder, "float.epochs=1", "runs=[]");
    TinyExperiment.run(config, second, StartMode.NEW);

    ConfigException error =
        assertThrows(
            ConfigException.class, () -> TinyExperiment.run(config, second, StartMode.NEW));
    assertTrue(error.getMessage().contains("--resume"), error::getMessage);
    assertTrue(error.getMessage().contains("--overwrite"), error::getMessage);

    ExperimentConfig other = TinyExperiment.with(folder, "float.epochs=2", "runs=[]");
    ExperimentResults anew = TinyExperiment.run(other, second, StartMode.OVERWRITE);
    assertEquals(2, anew.runs().get(0).epochs());
  }

  @Test
  void foldersWithOtherThingsAreRefusedEvenToOverwrite() throws IOException {
    Path foreign = Files.createDirectories(folder.resolve("foreign"));
    Files.writeString(foreign.resolve("thesis.txt"), "years of work");
    ExperimentConfig config = TinyExperiment.with(folder);

    for (StartMode mode : StartMode.values()) {
      assertThrows(ConfigException.class, () -> TinyExperiment.run(config, foreign, mode));
    }
    assertEquals("years of work", Files.readString(foreign.resolve("thesis.txt")));
  }

  @Test
  void rolesHaveTheirOwnSteps() {
    List<QuantizerRole> roles =
        results.runs().get(1).steps().stream().map(StepResult::role).distinct().toList();
    assertEquals(List.of(QuantizerRole.WEIGHT, QuantizerRole.INPUT), roles);
  }
}
