package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.data.DataException;
import org.lsq4j.training.BatchProgress;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.TrainingOrigin;

/** With what a run may be resumed, and with what not. */
class ResumeRulesTest {

  private static final String ONE_RUN = "runs=[{name: W3A3, weights: 3, inputs: 3}]";
  private static final String TWO_RUNS =
      "runs=[{name: W3A3, weights: 3, inputs: 3}, {name: W2A2, weights: 2, inputs: 2}]";

  @TempDir private Path folder;
  private Path out;

  @BeforeEach
  void place() {
    out = folder.resolve("out");
  }

  private ExperimentConfig config(String... changes) throws IOException {
    List<String> all = new ArrayList<>(List.of("float.epochs=1", "training.epochs=1", ONE_RUN));
    all.addAll(List.of(changes));
    return TinyExperiment.with(folder, all.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data.folder=elsewhere",
        "float.checkpoint={minutes: 1, keep: 5}",
        "training.checkpoint.iterations=4",
        "training.guard={policy: rollback, retries: 9}",
        TWO_RUNS
      })
  void whatHasNoEffectOnWhatIsDoneMayChange(String change) throws IOException {
    ExperimentResults first = TinyExperiment.run(config(), out, StartMode.NEW);
    ExperimentResults second = TinyExperiment.run(config(change), out, StartMode.RESUME);
    assertEquals(first.runs(), second.runs().subList(0, 2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"constant", "step"})
  void moreEpochsOfAnOpenScheduleAreThoseOfALongerRun(String schedule) throws IOException {
    String rate = "training.schedule=" + schedule;
    TinyExperiment.run(config(rate, "training.epochs=2"), out, StartMode.NEW);
    TinyExperiment.run(config(rate, "training.epochs=4"), out, StartMode.RESUME);
    Path whole = folder.resolve("whole");
    TinyExperiment.run(config(rate, "training.epochs=4"), whole, StartMode.NEW);
    SameRuns.assertSame(whole, out);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "runs.0.training.epochs=3",
        "float.epochs=2",
        "float.learningRate=0.5",
        "seed=2",
        "runs=[]",
        "runs.0.weights=4"
      })
  void everythingElseIsRefused(String change) throws IOException {
    TinyExperiment.run(config("float.schedule=constant"), out, StartMode.NEW);
    ConfigException error =
        assertThrows(
            ConfigException.class,
            () ->
                TinyExperiment.run(
                    config("float.schedule=constant", change), out, StartMode.RESUME));
    assertTrue(error.getMessage().startsWith("Cannot resume " + out + ": "), error::getMessage);
  }

  @Test
  void anEditedConfigurationFileIsFoundOut() throws IOException {
    TinyExperiment.run(config(), out, StartMode.NEW);
    Path file = out.resolve("config.yaml");
    Files.writeString(file, Files.readString(file).replace("seed: 1", "seed: 2"));
    ConfigException error =
        assertThrows(
            ConfigException.class,
            () -> TinyExperiment.run(config("seed=2"), out, StartMode.RESUME));
    assertTrue(error.getMessage().contains("seed was 1, now it is 2"), error::getMessage);
  }

  @Test
  void otherVersionsAreWorthAWarning() throws IOException {
    TinyExperiment.run(config(), out, StartMode.NEW);
    Path file = out.resolve("float/checkpoints/iteration-00000006.zip");
    Checkpoint saved = Checkpoint.read(file);
    TrainingOrigin origin = saved.origin().orElseThrow();
    Map<String, String> versions = new java.util.HashMap<>(origin.versions());
    versions.put("deeplearning4j", "0.9");
    TrainingOrigin other = new TrainingOrigin(origin.configuration(), versions);
    new Checkpoint(
            saved.network(), saved.state(), saved.card(), saved.extensions(), Optional.of(other))
        .write(file);
    List<String> warnings = new ArrayList<>();
    Experiment.run(
        config(),
        out,
        StartMode.RESUME,
        new ExperimentObserver() {
          @Override
          public void onWarning(String message) {
            warnings.add(message);
          }
        });
    assertEquals(1, warnings.size(), warnings::toString);
    assertTrue(
        warnings.get(0).startsWith("the checkpoint is of deeplearning4j 0.9, this is "),
        warnings.get(0));
  }

  /** The folder is in use while a run goes on, and free after it. */
  @Test
  void twoRunsInOneFolderAreRefused() throws IOException {
    ExperimentConfig config = config();
    List<String> errors = new ArrayList<>();
    Experiment.run(
        config,
        out,
        StartMode.NEW,
        new ExperimentObserver() {
          @Override
          public void onStage(Stage stage) {
            ConfigException error =
                assertThrows(
                    ConfigException.class, () -> TinyExperiment.run(config, out, StartMode.RESUME));
            errors.add(error.getMessage());
          }
        });
    assertEquals(2, errors.size());
    assertTrue(errors.get(0).contains("in use by a run that goes on"), errors.get(0));
    TinyExperiment.run(config, out, StartMode.RESUME);
  }

  @Test
  void dataMayVanishWhileARunGoesOn() throws IOException {
    Path images = folder.resolve("images");
    IdxFolderWriter.write(images, config().data().load());
    String[] own = {"data.name=", "data.path=" + images};
    Path whole = folder.resolve("whole");
    TinyExperiment.run(config(own), whole, StartMode.NEW);

    Experiment.run(config(own), out, StartMode.NEW, onFirstBatch(() -> move(images, "gone")));
    SameRuns.assertSame(whole, out);

    DataException error =
        assertThrows(
            DataException.class, () -> TinyExperiment.run(config(own), out, StartMode.RESUME));
    assertTrue(error.getMessage().contains(images.toString()), error::getMessage);
    move(images.resolveSibling("gone"), "images");
    TinyExperiment.run(config(own), out, StartMode.RESUME);
    SameRuns.assertSame(whole, out);
  }

  @Test
  void otherImagesAreRefused() throws IOException {
    Path images = folder.resolve("images");
    IdxFolderWriter.write(images, config().data().load());
    String[] own = {"data.name=", "data.path=" + images};
    TinyExperiment.run(config(own), out, StartMode.NEW);
    Path pixels = images.resolve("train-images-idx4-ubyte");
    byte[] bytes = Files.readAllBytes(pixels);
    bytes[bytes.length / 2] += 100;
    Files.write(pixels, bytes);
    ConfigException error =
        assertThrows(
            ConfigException.class, () -> TinyExperiment.run(config(own), out, StartMode.RESUME));
    assertTrue(error.getMessage().contains("its images were others"), error::getMessage);
  }

  private static ExperimentObserver onFirstBatch(Runnable action) {
    return new ExperimentObserver() {
      private boolean isDone;

      @Override
      public void onBatch(BatchProgress progress) {
        if (!isDone) {
          isDone = true;
          action.run();
        }
      }
    };
  }

  private static void move(Path path, String name) {
    try {
      Files.move(path, path.resolveSibling(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
