package org.lsq4j.cli;

import java.io.PrintStream;

/**
 * Where commands print: lines, and on a terminal one line below them that changes.
 *
 * <p>The progress bar draws from a thread of its own, hence the locks.
 */
final class Console {

  private static final String CLEAR_LINE = "\r\033[K";

  private final PrintStream out;
  private final Width width;
  private String status = "";

  /** How wide lines may be, and whether the last one may change. */
  record Width(int columns, boolean terminal) {

    private static final int LEAST = 60;
    private static final int USUAL = 80;

    /** Of a file or pipe. */
    static final Width PLAIN = new Width(USUAL, false);

    /** As the launcher script says: system property lsq4j.columns is set on terminals. */
    static Width detect() {
      int columns = Integer.getInteger("lsq4j.columns", 0);
      return columns == 0 ? PLAIN : new Width(Math.max(LEAST, columns), true);
    }
  }

  Console(PrintStream out, Width width) {
    this.out = out;
    this.width = width;
  }

  Width width() {
    return width;
  }

  /** Prints a line above the changing one. */
  synchronized void line(String text) {
    erase();
    out.println(text);
    draw();
  }

  /** Prints lines. */
  void lines(Iterable<String> lines) {
    lines.forEach(this::line);
  }

  /** Replaces the changing line; does nothing where there is no terminal. */
  synchronized void status(String text) {
    erase();
    status = text;
    draw();
  }

  private void erase() {
    if (width.terminal && !status.isEmpty()) {
      out.print(CLEAR_LINE);
    }
  }

  private void draw() {
    if (width.terminal && !status.isEmpty()) {
      out.print(status);
    }
    out.flush();
  }
}
