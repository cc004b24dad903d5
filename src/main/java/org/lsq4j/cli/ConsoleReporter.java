package org.lsq4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lsq4j.data.Augmentation;
import org.lsq4j.experiment.DataConfig;
import org.lsq4j.experiment.ExperimentConfig;
import org.lsq4j.experiment.ExperimentObserver;
import org.lsq4j.experiment.LiveView;
import org.lsq4j.experiment.StageResult;
import org.lsq4j.experiment.TrainingConfig;
import org.lsq4j.experiment.Versions;
import org.lsq4j.network.LayerDecision;
import org.lsq4j.network.Networks;
import org.lsq4j.training.BatchProgress;
import org.lsq4j.training.EpochMetrics;
import org.lsq4j.training.LayerOscillation;
import org.lsq4j.training.ScheduleKind;
import org.lsq4j.training.TrainingExtension;
import org.lsq4j.training.distillation.DistillationLoss;

/** Tells people how an experiment goes on. */
final class ConsoleReporter implements ExperimentObserver {

  private final Console console;
  private final Optional<LiveView> liveView;
  private StageProgress progress;
  private int epochs;
  private double shownAccuracy;
  private List<String> kindsShown = List.of();

  /** A reporter that shows trainings on a web page, too, if there is one. */
  ConsoleReporter(Console console, Optional<LiveView> liveView) {
    this.console = console;
    this.liveView = liveView;
  }

  @Override
  public List<TrainingExtension> watchers(String stage) {
    return liveView.map(view -> view.of(stage)).stream().toList();
  }

  @Override
  public void onStart(Start start) {
    console.line("LSQ4J " + Versions.lsq4j() + ", experiment " + start.config().name());
    console.line("  engine   " + start.engine());
    console.line("  data     " + start.data());
    console.line("           " + preparation(start.config().data()));
    console.line("  network  " + start.network());
    console.line("  seed     " + start.config().seed());
    console.line("  results  " + start.folder());
    liveView.ifPresent(view -> console.line("  watch    " + view.address()));
  }

  private static String preparation(DataConfig data) {
    int shift = data.augmentation().shift();
    String shifted = shift == 0 ? "" : ", moved by up to " + Texts.count(shift, "pixel");
    String flipped =
        data.augmentation().flip() == Augmentation.Flip.NONE ? "" : ", mirrored at random";
    return "normalization " + Networks.words(data.normalization()) + shifted + flipped;
  }

  @Override
  public void onStage(Stage stage) {
    epochs = stage.training().hasEpochs() ? stage.training().epochs() : 0;
    shownAccuracy = Double.NaN;
    progress = new StageProgress(console, stage.name());
    console.line("");
    console.line(stage.name() + ": " + start(stage) + plan(stage));
    if (stage.training().hasEpochs()) {
      extensions(stage.training()).forEach(line -> console.line("  " + line));
    }
    if (!stage.decisions().isEmpty()) {
      showLayers(stage.decisions());
    }
  }

  /** In full, unless only bits differ from what was shown last. */
  private void showLayers(List<LayerDecision> decisions) {
    List<String> kinds = LayerTable.kinds(decisions);
    if (kinds.equals(kindsShown)) {
      console.line("  bits of weights/inputs: " + LayerTable.bits(decisions));
    } else {
      LayerTable.of(decisions).forEach(line -> console.line("  " + line));
      kindsShown = kinds;
    }
  }

  /** Where a stage starts, if not from the float network. */
  private static String start(Stage stage) {
    boolean fromRun =
        !stage.from().equals(ExperimentConfig.FLOAT) && !stage.from().equals(stage.name());
    return fromRun ? "from " + stage.from() + ", " : "";
  }

  private static String plan(Stage stage) {
    TrainingConfig training = stage.training();
    if (!training.hasEpochs()) {
      return stage.decisions().isEmpty() ? "as it is, not trained" : "calibrated, not trained";
    }
    String schedule =
        training.schedule() == ScheduleKind.CONSTANT
            ? ""
            : ", " + Networks.words(training.schedule()) + " decay";
    return Texts.of(
        "%s, %s, learning rate %s%s, batches of %d",
        Texts.count(training.epochs(), "epoch"),
        Networks.words(training.optimizer()),
        training.learningRate(),
        schedule,
        training.batch());
  }

  /** What takes part in the training beside the optimizer, a line each. */
  private static List<String> extensions(TrainingConfig training) {
    List<String> lines = new ArrayList<>();
    if (training.labelSmoothing() != 0) {
      lines.add("label smoothing " + training.labelSmoothing());
    }
    if (training.distillation().hasTeacher()) {
      DistillationLoss loss = training.distillation().toLoss();
      lines.add(
          Texts.of(
              "teacher %s: temperature %s, weights of labels and teacher %s and %s",
              training.distillation().teacher(),
              loss.temperature(),
              (float) loss.labelWeight(), // 1 - 0.9 in double is not 0.1
              (float) loss.teacherWeight()));
    }
    if (training.oscillation().hasEffect()) {
      lines.add("oscillating weights are " + training.oscillation().action());
    }
    if (training.ema() != null) {
      lines.add("average of the weights (EMA) with decay " + training.ema());
    }
    return lines;
  }

  @Override
  public void onWarning(String message) {
    console.line("  Warning: " + message);
  }

  @Override
  public void onCalibrated(double accuracy) {
    shownAccuracy = accuracy;
    progress.accuracy(accuracy);
    console.line("  PTQ          test accuracy " + Texts.percent(accuracy));
  }

  @Override
  public void onBatch(BatchProgress batch) {
    progress.batch(batch);
  }

  @Override
  public void onEpoch(EpochMetrics epoch) {
    shownAccuracy = epoch.testAccuracy();
    progress.accuracy(epoch.testAccuracy());
    console.line(
        Texts.of(
            "  epoch %2d/%-2d  test accuracy %s%s  loss %.4f  %,6.0f images/s  %s%s",
            epoch.epoch(),
            epochs,
            Texts.percent(epoch.testAccuracy()),
            epoch.emaAccuracy().isPresent()
                ? ", EMA " + Texts.percent(epoch.emaAccuracy().getAsDouble())
                : "",
            epoch.loss(),
            epoch.imagesPerSecond(),
            Texts.time(epoch.seconds()),
            epoch.oscillations().map(ConsoleReporter::oscillating).orElse("")));
  }

  private static String oscillating(List<LayerOscillation> layers) {
    return Texts.of("  osc. %.1f %%", 100 * LayerOscillation.oscillatingShare(layers));
  }

  @Override
  public void onStageEnd(StageResult result) {
    endProgress();
    if (result.testAccuracy() != shownAccuracy) {
      String earlier = result.epochs() == 0 ? "" : ", trained by an earlier run";
      console.line("  test accuracy " + Texts.percent(result.testAccuracy()) + earlier);
    }
  }

  /** Clears the progress bar, also when a stage fails. */
  void endProgress() {
    if (progress != null) {
      progress.close();
    }
  }
}
