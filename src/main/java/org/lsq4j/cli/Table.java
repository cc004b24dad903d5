package org.lsq4j.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Aligned columns of text: the first to the left, the others as told. */
final class Table {

  private static final String GAP = "  ";

  /** A column's place for its text. */
  enum Align {
    LEFT,
    RIGHT
  }

  /**
   * A column.
   *
   * @param title its head
   * @param align where its text stands
   */
  record Column(String title, Align align) {
    static Column left(String title) {
      return new Column(title, Align.LEFT);
    }

    static Column right(String title) {
      return new Column(title, Align.RIGHT);
    }
  }

  private final List<Column> columns;
  private final List<List<String>> rows = new ArrayList<>();

  Table(Column... columns) {
    this.columns = List.of(columns);
  }

  /** Adds a row with a cell for every column. */
  void row(String... cells) {
    rows.add(Arrays.asList(cells));
  }

  /** Head, rule and rows. */
  List<String> lines() {
    int[] widths = widths();
    List<String> lines = new ArrayList<>();
    String head = format(columns.stream().map(Column::title).toList(), widths);
    lines.add(head);
    lines.add("-".repeat(Arrays.stream(widths).sum() + GAP.length() * (widths.length - 1)));
    rows.forEach(row -> lines.add(format(row, widths)));
    return lines;
  }

  private int[] widths() {
    int[] widths = columns.stream().mapToInt(column -> column.title.length()).toArray();
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return widths;
  }

  private String format(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String padding = " ".repeat(widths[i] - cells.get(i).length());
      boolean left = columns.get(i).align == Align.LEFT;
      line.append(i == 0 ? "" : GAP);
      line.append(left ? cells.get(i) + padding : padding + cells.get(i));
    }
    return line.toString().stripTrailing();
  }
}
