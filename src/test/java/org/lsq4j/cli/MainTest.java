package org.lsq4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.data.ImageShape;
import org.lsq4j.experiment.IdxFolderWriter;
import org.lsq4j.experiment.TinyNetwork;

class MainTest {

  private static final String USUAL_ENGINE = ComputeEngines.current().name();

  @TempDir private static Path folder;

  private static Path config;
  private static Path trained;
  private static String trainOutput;

  @BeforeAll
  static void train() throws IOException {
    TinyNetwork.write(folder.resolve("tiny.zip"), new ImageShape(28, 28, 1), 10);
    config = folder.resolve("tiny.yaml");
    Files.writeString(
        config,
        """
        name: tiny
        data: {name: fashion-mnist-mini, trainLimit: 128, testLimit: 64}
        network: {model: "%s"}
        float: {epochs: 1, batch: 32, learningRate: 0.02}
        training: {epochs: 1, batch: 32, learningRate: 0.01}
        runs:
          - {name: W8A8, weights: 8, inputs: 8}
          - {name: W2A4, weights: 2, inputs: 4}
        """
            .formatted(folder.resolve("tiny.zip")));
    trained = folder.resolve("out");
    trainOutput =
        CommandLineRun.successful(
            "train", config.toString(), "--out", trained.toString(), "--set", "seed=5");
  }

  @Test
  void trainShowsEveryStage() {
    for (String expected :
        List.of(
            "fashion-mnist-mini: 128 training and 64 test images of 28x28x1, 10 classes",
            "seed     5",
            "float: 1 epoch, sgd, learning rate 0.02, cosine decay",
            "W8A8: 1 epoch",
            "epoch  1/1 ",
            "first layer, signed input: network input",
            "conv1 8/8, dense 2/4, output 8/8",
            "PTQ")) {
      assertTrue(trainOutput.contains(expected), () -> expected + " is not in\n" + trainOutput);
    }
  }

  @Test
  void trainEndsWithATableOfAccuracies() throws IOException {
    JsonNode run =
        new ObjectMapper().readTree(trained.resolve("results.json").toFile()).at("/runs/2");
    String row =
        trainOutput.lines().filter(line -> line.matches("W2A4 +2/4 .*")).findFirst().orElseThrow();

    assertTrue(row.contains(Texts.percent(run.at("/testAccuracy").asDouble())), row);
    assertTrue(row.contains(Texts.percent(run.at("/ptqAccuracy").asDouble())), row);
    assertTrue(row.contains(Texts.kilobytes(run.at("/sizeBytes").asLong())), row);
  }

  @Test
  void linesFitANarrowWindow() {
    List<String> wide =
        trainOutput
            .lines()
            .filter(line -> !line.contains(folder.toString()) && line.length() > 100)
            .toList();
    assertEquals(List.of(), wide);
  }

  @Test
  void trainShowsWhatTakesPart() throws IOException {
    Path out = folder.resolve("parts");
    String[] train = {
      "train",
      config.toString(),
      "--out",
      out.toString(),
      "--set",
      "training.distillation={teacher: float, temperature: 2, weight: 1, labelWeight: 1}",
      "--set",
      "training.oscillation={method: freeze}",
      "--set",
      "training.ema=0.9",
      "--set",
      "training.labelSmoothing=0.1"
    };
    String shown = CommandLineRun.successful(train);

    for (String expected :
        List.of(
            "  teacher float: temperature 2.0, weights of labels and teacher 1.0 and 1.0",
            "  label smoothing 0.1",
            "  oscillating weights are frozen",
            "  average of the weights (EMA) with decay 0.9",
            ", EMA ",
            "  osc. ")) {
      assertTrue(shown.contains(expected), () -> expected + " is not in\n" + shown);
    }
    JsonNode runs = new ObjectMapper().readTree(out.resolve("results.json").toFile()).at("/runs");
    String ema = Texts.percent(runs.at("/2/emaAccuracy").asDouble());
    assertTrue(shown.lines().anyMatch(line -> line.matches("W2A4 +2/4 .*" + ema + ".*")), shown);
    assertTrue(runs.at("/0/emaAccuracy").isNull());
    assertTrue(
        shown
            .lines()
            .filter(line -> !line.contains(folder.toString()))
            .allMatch(line -> line.length() <= 100),
        shown);
    String evaluated =
        CommandLineRun.successful(
            "evaluate", out.resolve("W2A4/ema.zip").toString(), "--data", "fashion-mnist-mini");
    assertTrue(evaluated.startsWith("accuracy "), evaluated);
    assertEquals(2, CommandLineRun.of(train).exitCode());
    Files.writeString(out.resolve("W2A4/ema.zip"), "left over");
    assertEquals(
        0,
        CommandLineRun.of(
                "train",
                config.toString(),
                "--out",
                out.toString(),
                "--overwrite",
                "--set",
                "runs=[]")
            .exitCode());
    assertFalse(Files.exists(out.resolve("W2A4/ema.zip")), "results of earlier runs are deleted");
  }

  @Test
  void resumeOfAFinishedRunTrainsNothing() {
    String again =
        CommandLineRun.successful(
            "train", config.toString(), "--out", trained.toString(), "--set", "seed=5", "--resume");
    assertFalse(again.contains("epoch  1/1"), again);
    assertTrue(again.contains(", trained by an earlier run"), again);
  }

  @Test
  void evaluateNeedsNothingButTheModelAndTheData() {
    String out =
        CommandLineRun.successful(
            "evaluate",
            trained.resolve("W2A4/last.zip").toString(),
            "--data",
            "fashion-mnist-mini");
    assertTrue(out.matches("(?s)accuracy \\d+\\.\\d\\d % on 1,000 test images.*"), out);
  }

  @Test
  void evaluateTakesForeignModelsWithANormalization() {
    String model = folder.resolve("tiny.zip").toString();
    String out =
        CommandLineRun.successful(
            "evaluate", model, "--data", "fashion-mnist-mini", "--normalization", "unit");
    assertTrue(out.startsWith("accuracy "), out);

    CommandLineRun without = CommandLineRun.of("evaluate", model, "--data", "fashion-mnist-mini");
    assertEquals(2, without.exitCode());
    assertTrue(without.err().contains("--normalization"), without.err());
  }

  @Test
  void modelsKnowTheSizeOfTheirImages() throws IOException {
    IdxFolderWriter.writeBlank(folder.resolve("large"), new ImageShape(32, 32, 1), 10);
    CommandLineRun run =
        CommandLineRun.of(
            "evaluate",
            trained.resolve("W2A4/last.zip").toString(),
            "--data",
            "large",
            "--folder",
            folder.toString());

    assertEquals(2, run.exitCode());
    assertTrue(
        run.err().contains("the model takes images of 28x28x1, but images of large are 32x32x1"),
        run.err());
  }

  @Test
  void inspectShowsLayersAndQuantizers() {
    String out = CommandLineRun.successful("inspect", trained.resolve("W2A4/last.zip").toString());
    for (String expected :
        List.of("QuantizedConvolution2D", "2 bit signed, per tensor", "1 epoch", "standardize")) {
      assertTrue(out.contains(expected), () -> expected + " is not in\n" + out);
    }
  }

  @Test
  void inspectOfAForeignModelSaysWhatIsNotKnown() {
    String out = CommandLineRun.successful("inspect", folder.resolve("tiny.zip").toString());
    assertTrue(out.contains("not known: not written by LSQ4J"), out);
    assertTrue(out.contains("none by LSQ4J"), out);
  }

  @Test
  void inspectSpeaksJson() throws IOException {
    String out =
        CommandLineRun.successful("inspect", trained.resolve("W2A4/last.zip").toString(), "--json");
    JsonNode json = new ObjectMapper().readTree(out);
    assertEquals(6, json.at("/quantizers").size());
    assertEquals(2, json.at("/quantizers/2/spec/bits").asInt());
  }

  @Test
  void quantizeWritesAModelThatEvaluates() {
    Path model = folder.resolve("w2a4.zip");
    String[] quantize = {
      "quantize",
      trained.resolve("float/last.zip").toString(),
      "--config",
      config.toString(),
      "--run",
      "W2A4",
      "--out",
      model.toString()
    };
    String out = CommandLineRun.successful(quantize);
    assertTrue(out.contains("run W2A4"), out);
    assertTrue(out.contains("2 bit per-tensor"), out);
    CommandLineRun.successful("evaluate", model.toString(), "--data", "fashion-mnist-mini");

    CommandLineRun again = CommandLineRun.of(quantize);
    assertEquals(2, again.exitCode());
    assertTrue(again.err().contains("--overwrite"), again.err());
  }

  @Test
  void sensitivityRanksLayersAndSuggestsBits() throws IOException {
    Path json = folder.resolve("sensitivity.json");
    String out =
        CommandLineRun.successful(
            "sensitivity",
            trained.resolve("float/last.zip").toString(),
            "--data=fashion-mnist-mini",
            "--bits=4,2",
            "--images=100",
            "--budget=3",
            "--json=" + json);
    assertTrue(out.contains("on 100 training images of fashion-mnist-mini; untrained, all at 8"));
    assertTrue(out.contains("one layer at 4 bits"), out);
    assertTrue(out.contains("one layer at 2 bits"), out);
    JsonNode report = new ObjectMapper().readTree(json.toFile());
    assertEquals(6, report.at("/layers").size());
    assertTrue(report.at("/mixed/meanBits").asDouble() <= 3, report.toString());
    assertEquals(3, report.at("/mixed/bits").size());
    for (JsonNode layer : report.at("/layers")) {
      String row = Texts.percent(layer.at("/score/accuracy").asDouble());
      assertTrue(
          out.lines()
              .anyMatch(l -> l.startsWith(layer.get("layer").asText() + " ") && l.contains(row)),
          out);
    }
    assertSuggestionIsAccepted(out.substring(out.indexOf("runs:"), out.indexOf("written to")));
  }

  /** The suggested run is valid, and gives the bits that were promised. */
  private static void assertSuggestionIsAccepted(String runs) throws IOException {
    Path suggested = folder.resolve("suggested.yaml");
    String yaml = Files.readString(config);
    Files.writeString(suggested, yaml.substring(0, yaml.indexOf("runs:")) + runs);
    String out =
        CommandLineRun.successful(
            "quantize",
            trained.resolve("float/last.zip").toString(),
            "--config=" + suggested,
            "--out=" + folder.resolve("mixed.zip"));
    JsonNode bits =
        new ObjectMapper().readTree(folder.resolve("sensitivity.json").toFile()).at("/mixed/bits");
    bits.fields()
        .forEachRemaining(
            layer ->
                assertTrue(
                    out.lines()
                        .anyMatch(
                            line ->
                                line.matches(layer.getKey() + " +" + layer.getValue() + " bit.*")),
                    out));
  }

  @Test
  void runsMaySayWhereTheyStart() {
    String out =
        CommandLineRun.successful(
            "train",
            config.toString(),
            "--out=" + folder.resolve("progressive"),
            "--set=runs.1.from=W8A8",
            "--set=float.epochs=0");
    assertTrue(out.contains("W2A4: from W8A8, 1 epoch"), out);
    assertTrue(out.contains("W8A8: 1 epoch"), out);
  }

  @Test
  void dataListNamesTheKnownDataSets() {
    String out = CommandLineRun.successful("data", "list", "--folder", folder.toString());
    assertTrue(out.contains("fashion-mnist-mini"), out);
    assertTrue(out.contains("cifar10"), out);
  }

  @Test
  void dataFetchOfTheEmbeddedDataSetHasNothingToDo() {
    String out =
        CommandLineRun.successful(
            "data", "fetch", "fashion-mnist-mini", "--folder", folder.toString());
    assertTrue(out.contains("nothing to fetch"), out);
  }

  @Test
  void benchShowsBothPrecisions() {
    String out =
        CommandLineRun.successful(
            ("bench --network lenet --batch 4 --bits 4 --steps 2 --warmup 0").split(" "));
    assertTrue(out.startsWith("lenet, batches of 4, engine "), out);
    assertTrue(out.lines().anyMatch(line -> line.startsWith("float ")), out);
    assertTrue(out.lines().anyMatch(line -> line.startsWith("W4A4 ")), out);
    for (String line :
        List.of(
            "float kernel ",
            "W4A4 kernel ",
            "convolution backward ",
            "quantizer forward ",
            "other ",
            "convolutions: ")) {
      assertTrue(out.lines().anyMatch(shown -> shown.startsWith(line)), out);
    }
  }

  @Test
  void benchSpeaksJsonOnly() throws IOException {
    String out =
        CommandLineRun.successful(
            ("bench --network resnet8 --batch 2 --precision QUANTIZED --engine nd4j --steps 1"
                    + " --warmup 1 --json")
                .split(" "));
    // One value and nothing behind it.
    JsonNode json =
        new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).readTree(out);
    assertEquals("resnet8", json.at("/network").asText());
    assertEquals("nd4j", json.at("/engine").asText());
    assertTrue(json.at("/quantized/stepMillis").asDouble() > 0, out);
    assertTrue(json.at("/quantized/profile/stepMillis").asDouble() > 0, out);
    assertFalse(json.has("float"), out);
  }

  @Test
  void benchTakesTurns() throws IOException {
    CommandLineRun run = turns("1\n2\n", "--network", "resnet8", "--batch", "2");
    assertEquals("", run.err());
    List<String> lines = run.out().lines().toList();
    assertEquals(2, lines.size());
    assertEquals(2, new ObjectMapper().readTree(lines.get(1)).at("/steps").asInt());

    CommandLineRun wrong = turns("1\nmany\n", "--network", "resnet8", "--batch", "2");
    assertEquals(ExitCode.USAGE, wrong.exitCode());
    assertEquals(1, wrong.out().lines().count());
    assertTrue(wrong.err().contains("1 or more, got 'many'"), wrong.err());
  }

  private static CommandLineRun turns(String input, String... options) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
    try {
      List<String> arguments = new ArrayList<>(List.of("bench", "turns"));
      arguments.addAll(List.of(options));
      return CommandLineRun.of(arguments.toArray(String[]::new));
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void benchMeasuresPredictions() {
    String out =
        CommandLineRun.successful(
            ("bench inference --network lenet --batch 3 --bits 3 --rounds 1 --turn 1").split(" "));
    assertTrue(out.startsWith("lenet, batches of 3, 1 thread, median of 1 round; ONNX: "), out);
    for (String row :
        List.of(
            "packed-onednn +W3A3",
            "packed-java +W3A3",
            "onnxruntime +W8A8",
            "onnxruntime +float")) {
      assertTrue(out.lines().anyMatch(line -> line.matches(row + " .*")), out);
    }
  }

  @Test
  void benchOfPredictionsSpeaksJson() throws IOException {
    String out =
        CommandLineRun.successful(
            ("bench inference --network resnet8 --batch 2 --bits 8,4 --threads 2 --backend java"
                    + " --rounds 2 --turn 1 --json")
                .split(" "));
    JsonNode runtimes = new ObjectMapper().readTree(out).at("/runtimes");
    assertEquals(5, runtimes.size(), out);
    for (JsonNode times : runtimes) {
      double millis = times.at("/batchMillis").asDouble();
      assertTrue(millis > 0, out);
      assertEquals(2000 / millis, times.at("/imagesPerSecond").asDouble(), 1e-6 * 2000 / millis);
    }
    assertEquals(1, runtimes.at("/2/versusExported").asDouble());
    assertEquals(1, runtimes.at("/3/versusEverywhere").asDouble());
    assertEquals(1, runtimes.at("/4/versusFloat").asDouble());
  }

  @ParameterizedTest
  @CsvSource({
    "--network resnet19, --network: resnet19",
    "--batch 0, --batch: must be 1 to",
    "--bits 9, --bits: bits must be 2 to 8",
    "--threads 0, --threads: must be 1 to",
    "--rounds 0, --rounds: must be 1 to",
    "--backend fpga, fpga"
  })
  void benchOfPredictionsRefusesWrongOptions(String options, String expected) {
    CommandLineRun run = CommandLineRun.of(("bench inference " + options).split(" "));
    assertEquals(2, run.exitCode(), run.err());
    assertTrue(run.err().contains(expected), run.err());
  }

  /** The engine is the whole process's: other tests must not get this class's. */
  @AfterEach
  void chooseTheUsualEngine() {
    ComputeEngines.use(USUAL_ENGINE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train",
        "evaluate",
        "quantize",
        "inspect",
        "sensitivity",
        "report",
        "figures",
        "export",
        "predict",
        "bench",
        "bench inference",
        "data",
        "data list",
        "data fetch"
      })
  void everyCommandHasHelpWithExamples(String command) {
    String help = CommandLineRun.successful((command + " --help").split(" "));
    assertTrue(help.contains("Usage: lsq4j " + command), help);
    assertTrue(help.contains("Example"), help);
    assertTrue(help.contains("  lsq4j " + command), help);
  }

  @Test
  void versionNamesTheProgram() {
    String version = CommandLineRun.successful("--version");
    assertTrue(version.matches("(?s)lsq4j \\d+\\.\\d+.*"), version);
    assertTrue(version.contains("deeplearning4j 1.0.0-M2.1"), version);
  }

  @Test
  void divergenceFailsTheRunAndKeepsTheLastGoodNetwork() throws IOException {
    Path out = folder.resolve("diverges");
    // Decay that overshoots: the weights grow by a factor of 5 in every update.
    CommandLineRun run =
        CommandLineRun.of(
            "train",
            config.toString(),
            "--out",
            out.toString(),
            "--set",
            "float={epochs: 50, batch: 32, learningRate: 0.01, momentum: 0, weightDecay: 600,"
                + " schedule: constant}");

    assertEquals(1, run.exitCode());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains("Training diverged"), run.err());
    assertTrue(run.err().contains("the last healthy loss was"), run.err());
    assertTrue(run.err().contains("last good network is " + out), run.err());
    CommandLineRun.successful("inspect", out.resolve("float/last.zip").toString());
  }
}
