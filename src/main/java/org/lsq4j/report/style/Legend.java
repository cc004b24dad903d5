package org.lsq4j.report.style;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.font.FontRenderContext;
import java.awt.geom.Line2D;
import java.util.ArrayList;
import java.util.List;
import org.lsq4j.report.style.Charts.LineLook;

/**
 * Colors and what they mean, for several charts together. XChart has one legend for each chart,
 * which takes a quarter of a small one.
 */
public final class Legend {

  private static final int BOX = 14;
  private static final int LINE = 24;
  private static final int GAP = 7;
  private static final int BETWEEN = 24;

  private static final FontRenderContext METRICS = new FontRenderContext(null, true, false);

  /** What is drawn before a name. */
  private interface Sign {
    /** Draws it above the baseline. */
    void draw(Graphics2D canvas, int x, int baseline);
  }

  /** A name and its sign. */
  public static final class Entry {
    private final String name;
    private final int signWidth;
    private final Sign sign;

    private Entry(String name, int signWidth, Sign sign) {
      this.name = name;
      this.signWidth = signWidth;
      this.sign = sign;
    }

    private int width() {
      return signWidth + GAP + (int) Math.ceil(font().getStringBounds(name, METRICS).getWidth());
    }

    private Font font() {
      return CaptionFont.plainFor(name, Charts.TEXT);
    }

    /** Of bars. */
    public static Entry bars(String name, Color color) {
      return new Entry(
          name,
          BOX,
          (canvas, x, baseline) -> {
            canvas.setColor(color);
            canvas.fillRect(x, baseline - BOX, BOX, BOX);
          });
    }

    /** Of a line. */
    public static Entry line(String name, LineLook look) {
      return new Entry(
          name,
          LINE,
          (canvas, x, baseline) -> {
            canvas.setColor(look.color());
            canvas.setStroke(look.stroke());
            double middle = baseline - BOX / 2.0;
            canvas.draw(new Line2D.Double(x, middle, x + LINE, middle));
          });
    }
  }

  private Legend() {}

  /** The entries in lines of at most {@code width} pixels; an entry wider than that has its own. */
  public static List<List<Entry>> lines(List<Entry> entries, int width) {
    List<List<Entry>> lines = new ArrayList<>();
    int left = 0;
    for (Entry entry : entries) {
      if (lines.isEmpty() || entry.width() > left) {
        lines.add(new ArrayList<>());
        left = width;
      }
      lines.get(lines.size() - 1).add(entry);
      left -= entry.width() + BETWEEN;
    }
    return lines;
  }

  /** Draws the entries from {@code x} to the right. */
  public static void draw(Graphics2D canvas, List<Entry> entries, int x, int baseline) {
    int position = x;
    for (Entry entry : entries) {
      entry.sign.draw(canvas, position, baseline);
      canvas.setColor(Palette.INK);
      canvas.setFont(entry.font());
      canvas.drawString(entry.name, position + entry.signWidth + GAP, baseline);
      position += entry.width() + BETWEEN;
    }
  }
}
