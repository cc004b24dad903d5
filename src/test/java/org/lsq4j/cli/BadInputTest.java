package org.lsq4j.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lsq4j.data.ImageShape;
import org.lsq4j.experiment.IdxFolderWriter;
import org.lsq4j.experiment.TinyNetwork;

/** Wrong input: one line that says what is wrong, exit code 2, and nothing written. */
class BadInputTest {

  private static final String TRAIN_IMAGES = "train-images-idx4-ubyte";

  @TempDir private static Path folder;

  private static Path config;
  private static Path out;

  @BeforeAll
  static void writeConfig() throws IOException {
    TinyNetwork.write(folder.resolve("tiny.zip"), new ImageShape(28, 28, 1), 10);
    config = folder.resolve("test.yaml");
    out = folder.resolve("out");
    Files.writeString(
        config,
        """
        name: test
        data: {name: fashion-mnist-mini, trainLimit: 64, testLimit: 32, folder: "%s"}
        network: {model: "%s"}
        training: {epochs: 1, learningRate: 0.01}
        runs:
          - {name: W4A4, weights: 4, inputs: 4}
        """
            .formatted(folder, folder.resolve("tiny.zip")));
  }

  private static String error(String... args) {
    CommandLineRun run = CommandLineRun.of(args);
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().startsWith("Error: "), run.err());
    assertEquals(2, run.exitCode(), run.err());
    return run.err();
  }

  /** The error of a training with changes in the configuration. */
  private static String trainingError(String... overrides) {
    String[] args = new String[4 + 2 * overrides.length];
    args[0] = "train";
    args[1] = config.toString();
    args[2] = "--out";
    args[3] = out.toString();
    for (int i = 0; i < overrides.length; i++) {
      args[4 + 2 * i] = "--set";
      args[5 + 2 * i] = overrides[i];
    }
    String message = error(args);
    assertFalse(Files.exists(out), "nothing may be written");
    return message;
  }

  private static void assertNames(String message, Object... parts) {
    for (Object part : parts) {
      assertTrue(message.contains(part.toString()), () -> part + " is not in: " + message);
    }
  }

  private static Path images(String name) throws IOException {
    Path place = folder.resolve(name);
    IdxFolderWriter.writeBlank(place, new ImageShape(28, 28, 1), 10);
    return place;
  }

  private static String dataError(Path place) {
    return trainingError("data.name=", "data.path=" + place);
  }

  @Test
  void missingConfiguration() {
    assertNames(error("train", "no-such.yaml"), "no-such.yaml", "no such file");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "data.name=fashion-mnits | unknown data set fashion-mnits; did you mean fashion-mnist?",
        "data.name=mnist | run ./scripts/lsq4j data fetch mnist",
        "runs.0.wieghts=4 | runs.0.wieghts: unknown key; did you mean 'weights'?",
        "runs.0.weights=0 | runs.0.weights: bits must be 2 to 8, got 0",
        "runs.0.weights=1 | runs.0.weights: bits must be 2 to 8, got 1",
        "runs.0.inputs=9 | runs.0.inputs: bits must be 2 to 8, got 9",
        "runs.0.inputs=-3 | runs.0.inputs: bits must be 2 to 8, got -3",
        "runs.0.exceptions={conv9: float} | 'conv9' names no layer that can be quantized; did you"
            + " mean 'conv1'?",
        "runs.0.exceptions={norm1: {weights: 2}} | layer 'norm1' cannot be quantized: batch norm",
        "runs.0.exceptions={'x*': {weights: 2}} | 'x*' names no layer",
        "runs.0.exceptions={conv1: {offset: real, initializer: kl}} | KL finds no offset",
        "runs.0.from=W8A8 | runs.0.from: there is no run 'W8A8'",
        "runs.0.from=W4A4 | runs.0.from: run 'W4A4' cannot start from itself",
        "quantization={offset: real, initializer: kl} | KL finds no offset",
        "engine=abacus | engine: unknown engine 'abacus'",
        "data.augmentation={shift: 28} | data.augmentation.shift: must be below",
        "network={architecture: small-cmn} | network.architecture: there is no 'small-cmn'",
      })
  void wrongConfiguration(String override, String expected) {
    assertNames(trainingError(override), expected);
  }

  @Test
  void truncatedData() throws IOException {
    Path place = images("truncated");
    byte[] whole = Files.readAllBytes(place.resolve(TRAIN_IMAGES));
    Files.write(place.resolve(TRAIN_IMAGES), Arrays.copyOf(whole, whole.length - 100));

    assertNames(dataError(place), TRAIN_IMAGES, "truncated");
  }

  @Test
  void wrongMagic() throws IOException {
    Path place = images("magic");
    byte[] file = Files.readAllBytes(place.resolve(TRAIN_IMAGES));
    file[2] = 0x55;
    Files.write(place.resolve(TRAIN_IMAGES), file);

    assertNames(dataError(place), TRAIN_IMAGES, "magic number");
  }

  @Test
  void emptyDataSet() throws IOException {
    Path place = images("empty");
    for (String split : List.of("train", "t10k")) {
      ByteBuffer header = ByteBuffer.allocate(20).putInt(0x0804).putInt(0);
      header.putInt(28).putInt(28).putInt(1);
      Files.write(place.resolve(split + "-images-idx4-ubyte"), header.array());
      ByteBuffer labels = ByteBuffer.allocate(8).putInt(0x0801).putInt(0);
      Files.write(place.resolve(split + "-labels-idx1-ubyte"), labels.array());
    }

    assertNames(dataError(place), "empty");
  }

  @Test
  void notANumberInTheData() throws IOException {
    Path place = images("nan");
    Files.delete(place.resolve(TRAIN_IMAGES));
    int values = 10 * 28 * 28;
    ByteBuffer file = ByteBuffer.allocate(16 + Float.BYTES * values);
    file.putInt(0x0d03).putInt(10).putInt(28).putInt(28);
    file.putFloat(16 + Float.BYTES * (28 * 28 + 5), Float.NaN);
    Files.write(place.resolve("train-images-idx3-float"), file.array());

    assertNames(dataError(place), "train-images-idx3-float", "image 1", "NaN");
  }

  @Test
  void missingDataFolder() {
    assertNames(dataError(folder.resolve("nowhere")), "nowhere");
  }

  @Test
  void imagesThatDoNotFitTheModel() throws IOException {
    Path large = folder.resolve("large");
    IdxFolderWriter.writeBlank(large, new ImageShape(32, 32, 1), 10);
    Path coloured = folder.resolve("coloured");
    IdxFolderWriter.writeBlank(coloured, new ImageShape(28, 28, 3), 10);

    assertNames(dataError(large), "tiny.zip", "cannot take the data", "32x32x1");
    assertNames(dataError(coloured), "tiny.zip", "conv1", "1 channels", "28x28x3");
  }

  @Test
  void classesThatDoNotFitTheModel() throws IOException {
    Path seven = folder.resolve("seven");
    IdxFolderWriter.writeBlank(seven, new ImageShape(28, 28, 1), 7);

    assertNames(dataError(seven), "tells 10 classes apart", "seven has 7");
  }

  @Test
  void teachersThatDoNotFit() throws IOException {
    Path seven = folder.resolve("seven.zip");
    TinyNetwork.write(seven, new ImageShape(28, 28, 1), 7);
    Path larger = folder.resolve("larger.zip");
    TinyNetwork.write(larger, new ImageShape(32, 32, 1), 10);
    Path text = folder.resolve("teacher.txt");
    Files.writeString(text, "not a zip file");

    assertNames(teacherError("no-teacher.zip"), "no-teacher.zip", "there is no such file");
    assertNames(teacherError(text), "teacher.txt", "is not a network");
    assertNames(
        teacherError(seven), "seven.zip", "tells 7 classes apart", "fashion-mnist-mini has 10");
    assertNames(teacherError(larger), "larger.zip", "cannot take the data", "28x28x1");
  }

  private static String teacherError(Object teacher) {
    return trainingError("training.distillation={teacher: \"" + teacher + "\"}");
  }

  @Test
  void modelThatIsNone() throws IOException {
    Path text = folder.resolve("text.zip");
    Files.writeString(text, "not a zip file");

    assertNames(
        trainingError("network.model=" + text), "text.zip", "is not a network", "not a zip file");
    assertNames(trainingError("network.model=absent.zip"), "absent.zip", "there is no such file");
    assertNames(error("inspect", text.toString()), "text.zip", "is not a network");
    assertNames(
        error("evaluate", "absent.zip", "--data", "fashion-mnist-mini"), "there is no such file");
  }

  @Test
  void modelThatIsCutOff() throws IOException {
    Path whole = folder.resolve("tiny.zip");
    Path cut = folder.resolve("cut.zip");
    byte[] bytes = Files.readAllBytes(whole);
    Files.write(cut, Arrays.copyOf(bytes, bytes.length / 2));

    assertNames(error("inspect", cut.toString()), "cut.zip", "is not a network");
  }

  @Test
  void outputFolderThatCannotBeWrittenTo() {
    // A folder inside a file: works for the superuser too.
    Path impossible = config.resolve("out");

    assertNames(
        error("train", config.toString(), "--out", impossible.toString()),
        impossible,
        "cannot be written to",
        "--out");
  }

  @Test
  void outputFolderInUseIsNotTouched() throws IOException {
    Path used = Files.createDirectories(folder.resolve("used"));
    byte[] before = "name: earlier".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    Files.write(used.resolve("config.yaml"), before);

    assertNames(
        error("train", config.toString(), "--out", used.toString()), "--resume", "--overwrite");
    assertArrayEquals(before, Files.readAllBytes(used.resolve("config.yaml")));
  }

  @Test
  void unknownRun() {
    assertNames(
        error(
            "quantize",
            folder.resolve("tiny.zip").toString(),
            "--config",
            config.toString(),
            "--run",
            "W4A8",
            "--out",
            folder.resolve("q.zip").toString()),
        "W4A8",
        "did you mean 'W4A4'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "trian | trian",
        "train | CONFIG",
        "train a.yaml --rseume | --rseume",
        "train a.yaml --resume --overwrite | --overwrite",
        "evaluate m.zip | --data",
        "evaluate m.zip --data mnist --batch many | --batch",
        "evaluate m.zip --data mnist --batch 0 | --batch: must be 1 or more",
        "evaluate m.zip --data mnist --normalization fast | STANDARDIZE",
        "sensitivity m.zip --data mnist | --bits",
        "sensitivity m.zip --data mnist --bits 1 | --bits: must be 2 to 8 and less",
        "sensitivity m.zip --data mnist --bits 4,8 | --bits: must be 2 to 8 and less than those of",
        "sensitivity m.zip --data mnist --bits 4 --from 4 | --bits: must be 2 to 8 and less",
        "sensitivity m.zip --data mnist --bits 4 --from 9 | --from: must be 3 to 8, or 32",
        "sensitivity m.zip --data mnist --bits 4 --budget 3 | --budget: must be 4 to 8",
        "sensitivity m.zip --data mnist --bits 4 --images 0 | --images: must be 1 or more",
        "sensitivity m.zip --data mnist --bits 4 --json no/such/f.json | --json: there is no folder",
        "sensitivity absent.zip --data fashion-mnist-mini --bits 4 | there is no such file",
        "bench --network resnet7 | --network: resnet7: the depth must be 6n + 2",
        "bench --network resnet | --network: there is no 'resnet'; there are: lenet, small-cnn",
        "bench --batch 0 | --batch: must be 1 to 10000, got 0",
        "bench --batch 10001 | --batch: must be 1 to 10000, got 10001",
        "bench --bits 1 | --bits: bits must be 2 to 8, got 1",
        "bench --bits 9 | --bits: bits must be 2 to 8, got 9",
        "bench --steps 0 | --steps: must be 1 or more, got 0",
        "bench --steps many | --steps",
        "bench --warmup=-1 | --warmup: must be 0 or more, got -1",
        "bench --precision double | FLOAT",
        "bench turns --precision both | --precision: turns are those of one network",
        "bench turns --batch 0 | --batch: must be 1 to 10000, got 0",
        "bench --engine abacus | engine: unknown engine 'abacus'",
        "data fetch imagenet | imagenet",
      })
  void wrongUsage(String arguments, String expected) {
    assertNames(error(arguments.split(" ")), expected);
  }

  @Test
  void commandIsNeeded() {
    assertNames(error(), "lsq4j --help");
    assertNames(error("data"), "lsq4j data --help");
  }
}
