package org.lsq4j.cli;

import java.util.ArrayList;
import java.util.List;
import org.lsq4j.cli.Table.Column;
import org.lsq4j.report.run.SeedSummary;
import org.lsq4j.report.run.SeedSummary.ReferenceSpread;

/** What runs with several seeds have in common, for people. */
final class SeedTable {

  private SeedTable() {}

  /** The table and an empty line; nothing if there are no such runs. */
  static List<String> of(List<SeedSummary> summaries) {
    if (summaries.isEmpty()) {
      return List.of();
    }
    Table table =
        new Table(
            Column.left("first run"),
            Column.left("stage"),
            Column.right("runs"),
            Column.right("mean"),
            Column.right("deviation"),
            Column.right("lowest"),
            Column.right("highest"),
            Column.left("difference"));
    for (SeedSummary summary : summaries) {
      SeedSummary.Spread accuracy = summary.accuracy();
      table.row(
          summary.run(),
          summary.stage(),
          Integer.toString(accuracy.runs()),
          Texts.percent(accuracy.mean()),
          Texts.of("%.2f", 100 * accuracy.deviation()),
          Texts.percent(accuracy.lowest()),
          Texts.percent(accuracy.highest()),
          summary.toFirst().map(SeedTable::difference).orElse(""));
    }
    List<String> lines = new ArrayList<>(table.lines());
    lines.add("");
    return lines;
  }

  private static String difference(ReferenceSpread spread) {
    return Texts.of(
        "%+.2f +- %.2f to %s",
        100 * spread.difference().mean(),
        100 * spread.difference().deviation(),
        spread.reference());
  }
}
