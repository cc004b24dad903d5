package org.lsq4j.report.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lsq4j.report.run.RunRecords.Epoch;
import org.lsq4j.report.run.RunRecords.Operations;
import org.lsq4j.report.run.RunRecords.Summary;

/** The table of all stages: accuracy, size and computation against the float network. */
final class ResultRows {

  private ResultRows() {}

  /** The cells of every stage of a run; the run's name is the first one if asked for. */
  static List<List<String>> of(Run run) {
    Optional<Summary> reference =
        run.stages().stream().findFirst().flatMap(Stage::summary).filter(ResultRows::isFloat);
    return run.stages().stream().map(stage -> cells(run, stage, reference)).toList();
  }

  private static boolean isFloat(Summary summary) {
    return summary.weightBits() == Float.SIZE;
  }

  private static List<String> cells(Run run, Stage stage, Optional<Summary> reference) {
    List<String> cells = new ArrayList<>(List.of(run.name(), stage.name()));
    if (stage.summary().isEmpty()) {
      cells.addAll(unfinished(stage));
      return cells;
    }
    Summary summary = stage.summary().get();
    Optional<Summary> other = reference.filter(each -> each != summary);
    cells.add(summary.weightBits() + "/" + summary.inputBits());
    cells.add(Cells.accuracy(summary.testAccuracy()));
    cells.add(other.map(each -> difference(summary, each)).orElse(""));
    cells.add(Cells.accuracy(summary.ptqAccuracy()));
    cells.add(Cells.accuracy(summary.emaAccuracy()));
    cells.add(Cells.kilobytes(summary.sizeBytes()));
    cells.add(smaller(summary));
    cells.addAll(operations(summary.operations(), other.map(Summary::operations)));
    cells.add(summary.epochs() == null ? Cells.NONE : summary.epochs().toString());
    cells.add(Cells.time(summary.seconds()));
    return cells;
  }

  private static List<String> unfinished(Stage stage) {
    List<Epoch> trained = stage.trained();
    Double accuracy = trained.isEmpty() ? null : trained.get(trained.size() - 1).testAccuracy();
    return List.of(
        "not finished",
        Cells.accuracy(accuracy),
        "",
        Cells.NONE,
        Cells.NONE,
        Cells.NONE,
        "",
        Cells.NONE,
        "",
        Integer.toString(trained.size()),
        Cells.NONE);
  }

  private static String difference(Summary summary, Summary reference) {
    if (summary.testAccuracy() == null || reference.testAccuracy() == null) {
      return "";
    }
    return Cells.signed(100 * (summary.testAccuracy() - reference.testAccuracy()), 2);
  }

  private static String smaller(Summary summary) {
    if (summary.sizeBytes() == null || summary.floatSizeBytes() == null || isFloat(summary)) {
      return "";
    }
    return Cells.times((double) summary.floatSizeBytes() / summary.sizeBytes());
  }

  private static List<String> operations(Operations operations, Optional<Operations> reference) {
    if (operations == null) {
      return List.of(Cells.NONE, "");
    }
    return List.of(
        Cells.millions(operations.bitOperations()),
        reference
            .filter(each -> operations.bitOperations() > 0)
            .map(each -> (double) each.bitOperations() / operations.bitOperations())
            .map(Cells::times)
            .orElse(""));
  }
}
