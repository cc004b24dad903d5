package org.lsq4j.report.style;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.util.List;
import org.lsq4j.report.style.Charts.LineLook;

/**
 * One line of colors and what they mean, for several charts together. XChart has one legend for
 * each chart, which takes a quarter of a small one.
 */
public final class Legend {

  private static final int BOX = 14;
  private static final int LINE = 24;
  private static final int GAP = 7;
  private static final int BETWEEN = 24;

  /** What is drawn before a name. */
  private interface Sign {
    /** Draws it above the baseline and gives its width. */
    int draw(Graphics2D canvas, int x, int baseline);
  }

  /** A name and its sign. */
  public static final class Entry {
    private final String name;
    private final Sign sign;

    private Entry(String name, Sign sign) {
      this.name = name;
      this.sign = sign;
    }

    /** Of bars. */
    public static Entry bars(String name, Color color) {
      return new Entry(
          name,
          (canvas, x, baseline) -> {
            canvas.setColor(color);
            canvas.fillRect(x, baseline - BOX, BOX, BOX);
            return BOX;
          });
    }

    /** Of a line. */
    public static Entry line(String name, LineLook look) {
      return new Entry(
          name,
          (canvas, x, baseline) -> {
            canvas.setColor(look.color());
            canvas.setStroke(look.stroke());
            double middle = baseline - BOX / 2.0;
            canvas.draw(new Line2D.Double(x, middle, x + LINE, middle));
            return LINE;
          });
    }
  }

  private Legend() {}

  /** Draws the entries from {@code x} to the right. */
  public static void draw(Graphics2D canvas, List<Entry> entries, int x, int baseline) {
    canvas.setFont(CaptionFont.plain(Charts.TEXT));
    int position = x;
    for (Entry entry : entries) {
      position += entry.sign.draw(canvas, position, baseline) + GAP;
      canvas.setColor(Palette.INK);
      canvas.drawString(entry.name, position, baseline);
      position += canvas.getFontMetrics().stringWidth(entry.name) + BETWEEN;
    }
  }
}
