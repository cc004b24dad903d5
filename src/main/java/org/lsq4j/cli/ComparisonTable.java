package org.lsq4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lsq4j.cli.Table.Column;
import org.lsq4j.experiment.Disagreement;
import org.lsq4j.experiment.ModelComparison;

/** Where two forms of a model disagree, for people. */
final class ComparisonTable {

  private ComparisonTable() {}

  static List<String> of(Path other, ModelComparison comparison) {
    List<String> lines = new ArrayList<>();
    List<Disagreement> disagreements = comparison.disagreements();
    lines.add(
        Texts.of(
            "%s gives the same class for %,d of %,d images",
            other, comparison.images() - disagreements.size(), comparison.images()));
    if (!disagreements.isEmpty()) {
      lines.add("");
      lines.addAll(table(disagreements));
    }
    return lines;
  }

  private static List<String> table(List<Disagreement> disagreements) {
    Table table =
        new Table(
            Column.right("image"),
            Column.right("label"),
            Column.right("class"),
            Column.right("other"),
            Column.right("margin"),
            Column.left("first layer with other codes"),
            Column.right("codes"),
            Column.right("steps to border"),
            Column.right("steps apart"));
    for (Disagreement each : disagreements) {
      Disagreement.Cause cause = each.cause();
      table.row(
          Integer.toString(each.image()),
          Integer.toString(each.label()),
          Integer.toString(each.predicted()),
          Integer.toString(each.other()),
          Texts.of("%.2g", each.margin()),
          cause == null ? "none: the outputs alone" : cause.layer(),
          cause == null ? "-" : Integer.toString(cause.codes()),
          cause == null ? "-" : Texts.of("%.1e", cause.border()),
          cause == null ? "-" : Texts.of("%.1e", cause.gap()));
    }
    return table.lines();
  }
}
