package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.network.CodesChoice;
import org.lsq4j.network.LayerException;
import org.lsq4j.network.OffsetChoice;
import org.lsq4j.network.QuantizerChoices;
import org.lsq4j.quantizer.GradientScale;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.InitializerKind;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.training.OptimizerKind;
import org.lsq4j.training.ScheduleKind;
import org.lsq4j.training.distillation.DistillationLoss;

class ConfigReaderTest {

  private static final String VALID =
      """
      name: test
      data: {name: fashion-mnist-mini}
      network: {architecture: small-cnn}
      float: {epochs: 3, learningRate: 0.1, schedule: step}
      training: {epochs: 2, learningRate: 0.01, momentum: 0.8}
      quantization: {granularity: per-channel}
      runs:
        - {name: A, weights: 4, inputs: 3}
        - name: B
          weights: 2
          inputs: 2
          training: {epochs: 5}
          quantization: {offset: integer}
          exceptions: {conv2: float, "block1.*": {weights: 8}}
      """;

  @TempDir private Path folder;

  private ExperimentConfig read(String yaml, String... overrides) throws IOException {
    Path file = folder.resolve("test.yaml");
    Files.writeString(file, yaml);
    return ConfigReader.read(file, List.of(overrides));
  }

  private String error(String yaml, String... overrides) {
    String message = assertThrows(ConfigException.class, () -> read(yaml, overrides)).getMessage();
    assertEquals(1, message.lines().count(), message);
    return message;
  }

  @Test
  void defaultsAreFilledIn() throws IOException {
    ExperimentConfig config = read(VALID);

    assertEquals(1, config.seed());
    assertEquals(128, config.floatTraining().batch());
    assertEquals(OptimizerKind.SGD, config.floatTraining().optimizer());
    assertEquals(ScheduleKind.STEP, config.floatTraining().schedule());
    assertEquals(8, config.calibration().batches());
    assertEquals(Path.of("runs", "test"), config.defaultFolder());
  }

  @Test
  void runsInheritWhatTheyDoNotSay() throws IOException {
    ExperimentConfig config = read(VALID);
    RunConfig first = config.runs().get(0);
    RunConfig second = config.runs().get(1);

    assertEquals(2, first.training().epochs());
    assertEquals(5, second.training().epochs());
    assertEquals(0.8, second.training().momentum());
    assertEquals(Granularity.PER_CHANNEL, second.quantization().granularity());
    assertEquals(OffsetChoice.AUTO, first.quantization().offset());
    assertEquals(OffsetChoice.INTEGER, second.quantization().offset());
    assertTrue(second.exceptions().get("conv2").keepFloat());
    assertEquals(8, second.exceptions().get("block1.*").weights());
    assertTrue(first.exceptions().isEmpty());
  }

  @Test
  void exceptionsCanSayEverythingAboutQuantizers() throws IOException {
    ExperimentConfig config =
        read(
            VALID,
            "runs.1.exceptions={'conv*': {weights: 2, inputs: 3, granularity: per-tensor, offset:"
                + " auto-integer, codes: unsigned, weightOffset: real, initializer: min-max,"
                + " gradientScale: without-range, stepRate: 0.1}, conv9: {stepRate: 0}}");
    LayerException exception = config.runs().get(1).exceptions().get("conv*").toLayerException();

    assertEquals(
        LayerException.bits(2, 3)
            .with(
                new QuantizerChoices(
                    Granularity.PER_TENSOR,
                    OffsetMode.REAL,
                    OffsetChoice.AUTO_INTEGER,
                    CodesChoice.UNSIGNED,
                    InitializerKind.MIN_MAX,
                    GradientScale.WITHOUT_RANGE,
                    0.1)),
        exception);
    assertEquals(
        LayerException.of(QuantizerChoices.NONE.withStepRate(0)),
        config.runs().get(1).exceptions().get("conv9").toLayerException());
    assertEquals(config, read(ConfigReader.write(config)));
  }

  @Test
  void theConfigurationsOfLsqPlusAreSpelledByCodesAndOffset() throws IOException {
    String[] configurations = {
      "{codes: unsigned, offset: none}",
      "{codes: signed, offset: none}",
      "{codes: signed, offset: real}",
      "{codes: unsigned, offset: real}"
    };
    CodesChoice[] codes = {
      CodesChoice.UNSIGNED, CodesChoice.SIGNED, CodesChoice.SIGNED, CodesChoice.UNSIGNED
    };
    for (int i = 0; i < configurations.length; i++) {
      QuantizationConfig read =
          read(VALID, "quantization=" + configurations[i]).runs().get(0).quantization();
      assertEquals(codes[i], read.codes());
      assertEquals(i < 2 ? OffsetChoice.NONE : OffsetChoice.REAL, read.offset());
    }
  }

  @Test
  void runsStartFromTheFloatNetworkUnlessTheySayOtherwise() throws IOException {
    ExperimentConfig config = read(VALID, "runs.1.from=A");

    assertEquals("float", config.runs().get(0).from());
    assertEquals("A", config.runs().get(1).from());
  }

  @Test
  void overridesReachEverything() throws IOException {
    ExperimentConfig config =
        read(VALID, "runs.0.training.epochs=7", "data.augmentation.shift=3", "name=other");

    assertEquals(7, config.runs().get(0).training().epochs());
    assertEquals(3, config.data().augmentation().shift());
    assertEquals("other", config.name());
  }

  @Test
  void writtenConfigurationReadsBackTheSame() throws IOException {
    ExperimentConfig config = read(VALID);

    assertEquals(config, read(ConfigReader.write(config)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "flaot.epochs=2 | flaot: unknown key; did you mean 'float'?",
        "float.epohcs=2 | float.epohcs: unknown key; did you mean 'epochs'?",
        "runs.0.weight=2 | runs.0.weight: unknown key; did you mean 'weights'?",
        "training.optimiser=sgd | training.optimiser: unknown key; did you mean 'optimizer'?",
        "data.augmentation.flips=none | data.augmentation.flips: unknown key",
        "float.epochs=many | float.epochs: must be a whole number, got 'many'",
        "float.epochs=1.5 | float.epochs: must be a whole number, got '1.5'",
        "float.learningRate=fast | float.learningRate: must be a number, got 'fast'",
        "float=3 | float: must be a section of keys and values, got '3'",
        "runs=3 | runs: must be a list, got '3'",
        "float.optimizer=SGD | float.optimizer: must be one of sgd, adam, got 'SGD'",
        "data.normalization=standardise | must be one of standardize, unit, none",
        "runs.1.from=C | runs.1.from: there is no run 'C'; did you mean 'A'?",
        "runs.1.from=B | runs.1.from: run 'B' cannot start from itself",
        "runs.0.from=B | runs.0.from: run 'B' comes after 'A'",
        "quantization.offset=some | quantization.offset: must be one of auto, auto-integer, none,",
        "quantization.codes=both | quantization.codes: must be one of auto, signed, unsigned",
        "quantization.gradientScale=x | one of none, per-sample, per-batch, without-range",
        "runs.1.exceptions={c: {wieghts: 2}} | runs.1.exceptions.c.wieghts: unknown key; did you"
            + " mean 'weights'?",
        "runs.1.exceptions={c: {offset: some}} | must be one of auto, auto-integer, none, real",
        "runs.1.exceptions={c: {stepRate: -1}} | runs.1.exceptions.c.stepRate: must be 0 or more",
        "runs.1.exceptions={c: {stepRate: x}} | must be a number, got 'x'",
        "runs.1.exceptions={c: [2]} | runs.1.exceptions.c",
        "runs.1.exceptions.conv2=fixed | runs.1.exceptions.conv2: must be the word float",
        "float.learningRate=-1 | float.learningRate: must be more than 0, got -1",
        "training.momentum=1 | training.momentum: must be 0 or more and below 1, got 1",
        "runs.1.training.momentum=2 | runs.1.training.momentum: must be 0 or more",
        "float.batch=0 | float.batch: must be 1 or more, got 0",
        "runs.0.weights=9 | runs.0.weights: bits must be 2 to 8, got 9",
        "runs.0.inputs=1 | runs.0.inputs: bits must be 2 to 8, got 1",
        "runs.0.quantization.edgeBits=12 | edgeBits: must be 2 to 8, got 12",
        "quantization.edgeBits=0 | test.yaml: quantization.edgeBits: must be 2 to 8, got 0",
        "runs.1.exceptions.conv2.weights=0 | only the value",
        "runs.5.weights=2 | --set runs.5.weights: '5' is not an element of the list",
        "weights | --set weights: must be path=value",
        "runs.1.name=A | runs.1.name: must be unique",
        "runs.1.name=float | runs.1.name: must be unique",
        "name=../up | name: names a folder",
        "network.architecture=resnet | network.architecture: there is no 'resnet'",
        "network.model=a.zip | network.architecture: give either architecture",
        "data.trainLimit=0 | data.trainLimit: must be 1 or more, got 0",
        "data.augmentation.shift=-1 | data.augmentation.shift: must be at least 0, but is -1",
        "calibration.batches=0 | calibration.batches: must be 1 or more, got 0",
        "training.labelSmoothing=1 | training.labelSmoothing: must be more than 0 and below 1",
        "training.ema=1 | training.ema: must be more than 0 and below 1, got 1",
        "training.distillation.teachr=a | distillation.teachr: unknown key; did you mean 'teacher'?",
        "training.distillation={temperature: 2} | training.distillation.teacher: is missing",
        "training.distillation={teacher: float, temperature: 0} |"
            + " training.distillation.temperature: must be more than 0, got 0",
        "training.distillation={teacher: float, weight: 1.5} |"
            + " training.distillation.weight: must be 0 to 1, or more with a labelWeight, got 1.5",
        "runs.1.training.distillation={teacher: float, weight: -1, labelWeight: 1} |"
            + " runs.1.training.distillation.weight: must be 0 or more, got -1",
        "float.distillation.teacher=float | float.distillation.teacher: the float network cannot",
        "float.oscillation.method=freeze | float.oscillation.method: the float network has no codes",
        "training.oscillation={dampening: 1} | training.oscillation.method: is missing",
        "training.oscillation.method=melt | must be one of none, dampen, freeze, got 'melt'",
        "training.oscillation={method: none, track: 3} | oscillation.track: must be true or false",
        "training.oscillation={track: true, momentum: 0} | oscillation.momentum: must be more than 0",
        "training.oscillation={track: true, maxBits: 9} | oscillation.maxBits: must be 1 to 8, got 9",
        "training.oscillation={method: freeze, endThreshold: 0} | endThreshold: must be more than 0",
        "training.oscillation={method: dampen, dampening: -1} | dampening: must be 0 or more",
      })
  void wrongValuesAreNamed(String override, String expected) {
    String message = error(VALID, override);
    assertTrue(message.contains(expected), message);
  }

  @Test
  void runsInheritAndTurnOffTeachers() throws IOException {
    ExperimentConfig config =
        read(
            VALID,
            "training.distillation={teacher: float, temperature: 4}",
            "runs.1.training.distillation={teacher: none}");

    DistillationConfig inherited = config.runs().get(0).training().distillation();
    assertTrue(inherited.hasTeacher() && inherited.hasFloatTeacher());
    assertEquals(DistillationLoss.mixture(4, 0.5), inherited.toLoss());
    assertFalse(config.runs().get(1).training().distillation().hasTeacher());
    assertFalse(config.floatTraining().distillation().hasTeacher());
  }

  @Test
  void bitsOfExceptionsAreChecked() {
    String message = error(VALID, "runs.1.exceptions={dense: {weights: -3}}");
    assertTrue(
        message.contains("runs.1.exceptions.dense.weights: bits must be 2 to 8, got -3"), message);
  }

  @ParameterizedTest
  @CsvSource({"name", "network", "data"})
  void missingKeysAreNamed(String key) {
    String without =
        String.join("\n", VALID.lines().filter(line -> !line.startsWith(key + ":")).toList());
    String message = error(without);
    assertTrue(message.contains(": " + key), message);
  }

  @Test
  void missingTrainingIsAskedForWhereItBelongs() {
    String message =
        error(VALID.replace("training: {epochs: 2, learningRate: 0.01,", "training: {"));
    assertTrue(message.contains(": training.epochs: is missing"), message);
    message = error(VALID.replace("float: {epochs: 3,", "float: {"));
    assertTrue(message.contains(": float.epochs: is missing"), message);
  }

  @Test
  void brokenYamlNamesTheLine() {
    String message = error("name: a\ndata: {name: [}\n");
    assertTrue(message.contains("line 2"), message);
  }

  @Test
  void keysCannotBeGivenTwice() {
    String message = error(VALID + "seed: 1\nseed: 2\n");
    assertTrue(message.contains("seed"), message);
  }

  @Test
  void emptyFilesAreRefused() {
    assertTrue(error("").contains("no keys"));
    assertTrue(error("# nothing\n").contains("no keys"));
  }

  static Stream<Path> shippedConfigurations() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(Path.of("configs"))) {
      files = all.sorted().toList();
    }
    assertFalse(files.isEmpty());
    return files.stream();
  }

  @ParameterizedTest
  @MethodSource("shippedConfigurations")
  void shippedConfigurationsAreValid(Path file) {
    ExperimentConfig config = ConfigReader.read(file, List.of());

    assertEquals(file.getFileName().toString(), config.name() + ".yaml");
  }

  @Test
  void runsOfNoEpochsNeedNoLearningRate() throws IOException {
    String yaml = VALID.replace("training: {epochs: 2, learningRate: 0.01, momentum: 0.8}", "");
    ExperimentConfig config =
        read(yaml, "training={epochs: 0}", "runs.1.training={epochs: 0, batchNormBatches: 5}");

    assertFalse(config.runs().get(0).training().hasEpochs());
    assertEquals(0, config.runs().get(0).training().batchNormBatches());
    assertEquals(5, config.runs().get(1).training().batchNormBatches());
    assertTrue(error(yaml).contains("training.epochs: is missing"));
    assertTrue(error(yaml, "training={epochs: 0, batch: 0}").contains("training.batch: must be 1"));
    assertTrue(
        error(VALID, "training.batchNormBatches=-1")
            .contains("training.batchNormBatches: must be 0 or more, got -1"));
  }

  @Test
  void batchNormsAreKeptUnlessFolded() throws IOException {
    assertEquals(BatchNormHandling.KEEP, read(VALID).network().batchNorm());
    assertEquals(
        BatchNormHandling.FOLD, read(VALID, "network.batchNorm=fold").network().batchNorm());
    assertTrue(error(VALID, "network.batchNorm=melt").contains("network.batchNorm"));
  }

  /** What a configuration starts from is what another one makes. */
  @ParameterizedTest
  @MethodSource("shippedConfigurations")
  void shippedConfigurationsStartFromEachOther(Path file) {
    String model = ConfigReader.read(file, List.of()).network().model();
    if (model == null || model.startsWith("models/")) {
      return;
    }
    Path start = Path.of(model);
    assertEquals(Path.of("float", "last.zip"), start.subpath(2, 4));
    assertTrue(Files.exists(Path.of("configs", start.subpath(1, 2) + ".yaml")), model);
  }
}
