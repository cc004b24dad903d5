package org.lsq4j.cli;

import java.util.List;
import org.lsq4j.cli.Table.Column;
import org.lsq4j.experiment.ExperimentResults;
import org.lsq4j.experiment.StageResult;
import org.lsq4j.experiment.StepResult;
import org.lsq4j.network.Networks;

/** Results of an experiment as tables. */
final class ResultTables {

  private ResultTables() {}

  /** Accuracy, also without training (PTQ), size and time of every stage. */
  static List<String> accuracies(ExperimentResults results) {
    Table table =
        new Table(
            Column.left("run"),
            Column.right("bits W/A"),
            Column.right("accuracy"),
            Column.right("vs float"),
            Column.right("PTQ"),
            Column.right("size KB"),
            Column.right("time"));
    StageResult reference = results.runs().get(0);
    for (StageResult run : results.runs()) {
      boolean isFloat = run == reference;
      table.row(
          run.name(),
          run.weightBits() + "/" + run.inputBits(),
          Texts.percent(run.testAccuracy()),
          isFloat ? "" : Texts.of("%+.2f", 100 * (run.testAccuracy() - reference.testAccuracy())),
          run.ptqAccuracy() == null ? "" : Texts.percent(run.ptqAccuracy()),
          Texts.kilobytes(run.sizeBytes()),
          Texts.time(run.seconds()));
    }
    return table.lines();
  }

  /** Every quantizer's step size before and after training. */
  static List<String> steps(ExperimentResults results) {
    Table table =
        new Table(
            Column.left("run"),
            Column.left("layer"),
            Column.left("role"),
            Column.right("bits"),
            Column.right("initial step"),
            Column.right("learned step"),
            Column.right("offset"),
            Column.right("clipped"));
    for (StageResult run : results.runs()) {
      String name = run.name();
      for (StepResult step : run.steps()) {
        table.row(
            name,
            step.layer(),
            Networks.words(step.role()),
            Integer.toString(step.bits()),
            Texts.mean(step.initialStep()),
            Texts.mean(step.step()),
            Texts.mean(step.offset()),
            step.clipShare() == null ? "-" : Texts.percent(step.clipShare()));
        name = "";
      }
    }
    return table.lines();
  }
}
