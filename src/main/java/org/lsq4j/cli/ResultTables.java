package org.lsq4j.cli;

import java.util.ArrayList;
import java.util.List;
import org.lsq4j.cli.Table.Column;
import org.lsq4j.experiment.ExperimentResults;
import org.lsq4j.experiment.StageResult;
import org.lsq4j.experiment.StepResult;
import org.lsq4j.network.Networks;

/** Results of an experiment as tables. */
final class ResultTables {

  private ResultTables() {}

  /**
   * Accuracy, also without training (PTQ), size and time of every stage; accuracy of averaged
   * weights if there are any.
   */
  static List<String> accuracies(ExperimentResults results) {
    boolean hasAverages = results.runs().stream().anyMatch(run -> run.emaAccuracy() != null);
    List<Column> columns = new ArrayList<>();
    columns.add(Column.left("run"));
    columns.add(Column.right("bits W/A"));
    columns.add(Column.right("accuracy"));
    columns.add(Column.right("vs float"));
    columns.add(Column.right("PTQ"));
    if (hasAverages) {
      columns.add(Column.right("EMA"));
    }
    columns.add(Column.right("size KB"));
    columns.add(Column.right("time"));
    Table table = new Table(columns.toArray(Column[]::new));
    StageResult reference = results.runs().get(0);
    for (StageResult run : results.runs()) {
      boolean isFloat = run == reference;
      List<String> cells = new ArrayList<>();
      cells.add(run.name());
      cells.add(run.weightBits() + "/" + run.inputBits());
      cells.add(Texts.percent(run.testAccuracy()));
      cells.add(
          isFloat ? "" : Texts.of("%+.2f", 100 * (run.testAccuracy() - reference.testAccuracy())));
      cells.add(percentOrEmpty(run.ptqAccuracy()));
      if (hasAverages) {
        cells.add(percentOrEmpty(run.emaAccuracy()));
      }
      cells.add(Texts.kilobytes(run.sizeBytes()));
      cells.add(Texts.time(run.seconds()));
      table.row(cells.toArray(String[]::new));
    }
    return table.lines();
  }

  private static String percentOrEmpty(Double share) {
    return share == null ? "" : Texts.percent(share);
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
