package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.experiment.TinyExperiment.PowerCut;
import org.lsq4j.training.EpochMetrics;

/** Reports that trainings write by themselves. */
class ExperimentReportTest {

  @TempDir private Path folder;

  /** What the charts of a report show, without the run's name. */
  private static String data(Path out) throws IOException {
    String page = Files.readString(out.resolve("report.html"));
    int from = page.indexOf("\"stages\":");
    assertTrue(from > page.indexOf("\"name\":"), "the name comes first");
    return page.substring(from, page.indexOf(";\n", from));
  }

  /** The power fails after an epoch was noted and before its checkpoint. */
  private static ExperimentObserver powerCut(String stage, int epoch) {
    return new ExperimentObserver() {
      private String now;

      @Override
      public void onStage(Stage started) {
        now = started.name();
      }

      @Override
      public void onEpoch(EpochMetrics metrics) {
        if (now.equals(stage) && metrics.epoch() == epoch) {
          throw new PowerCut();
        }
      }
    };
  }

  @Test
  void theReportOfAResumedTrainingIsWhole() throws IOException {
    ExperimentConfig config = TinyExperiment.with(folder, "training.epochs=4");
    Path whole = folder.resolve("whole");
    TinyExperiment.run(config, whole, StartMode.NEW);

    Path cut = folder.resolve("cut");
    assertThrows(
        PowerCut.class, () -> Experiment.run(config, cut, StartMode.NEW, powerCut("W3A3", 1)));
    assertTrue(Files.exists(cut.resolve("report.html")), "what was done is reported");
    assertThrows(
        PowerCut.class, () -> Experiment.run(config, cut, StartMode.RESUME, powerCut("W3A3", 3)));
    TinyExperiment.run(config, cut, StartMode.RESUME);

    assertEquals(data(whole), data(cut));
  }

  @Test
  void aReportThatFailsIsAWarning() throws IOException {
    ExperimentConfig config = TinyExperiment.with(folder, "float.epochs=1", "runs=[]");
    Path out = folder.resolve("out");
    List<String> warnings = new ArrayList<>();
    ExperimentResults results =
        Experiment.run(
            config,
            out,
            StartMode.NEW,
            new ExperimentObserver() {
              @Override
              public void onStage(Stage stage) {
                try {
                  // In the way of the page.
                  Files.createDirectories(out.resolve("report.html/full"));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              }

              @Override
              public void onWarning(String message) {
                warnings.add(message);
              }
            });
    assertEquals(1, results.runs().size());
    assertEquals(1, warnings.size(), warnings::toString);
    assertTrue(warnings.get(0).contains("There is no report"), warnings::toString);
    assertTrue(warnings.get(0).contains("lsq4j report " + out), warnings::toString);
  }

  @Test
  void overwritingLeavesNothingOfTheOldReport() throws IOException {
    Path out = folder.resolve("out");
    TinyExperiment.run(TinyExperiment.with(folder), out, StartMode.NEW);
    assertTrue(Files.exists(out.resolve("report/W3A3-steps.png")));
    TinyExperiment.run(TinyExperiment.with(folder, "runs=[]"), out, StartMode.OVERWRITE);

    assertFalse(Files.exists(out.resolve("report/W3A3-steps.png")));
    assertFalse(Files.exists(out.resolve("W3A3/observations.jsonl")));
    assertFalse(data(out).contains("W3A3"));
  }
}
