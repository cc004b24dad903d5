package org.lsq4j.report.figures;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;
import org.knowm.xchart.XYChart;
import org.lsq4j.report.style.CaptionFont;
import org.lsq4j.report.style.Charts;
import org.lsq4j.report.style.Legend;
import org.lsq4j.report.style.Palette;
import org.lsq4j.report.text.Messages;

/** Draws frames: title and numbers, three panels, and a line that says what to see. */
final class FramePainter {

  static final int WIDTH = 3 * Panels.WIDTH;
  static final int HEIGHT = 500;

  private static final int LEFT = 14;
  private static final int TITLE_LINE = 26;
  private static final int NUMBERS_LINE = 56;
  private static final int PANELS_TOP = 64;
  private static final int LEGEND_LINE = HEIGHT - 44;
  private static final int NOTE_LINE = HEIGHT - 14;
  // Numbers in columns: they do not move when one of them gets longer.
  private static final int[] COLUMNS = {LEFT, 140, 270, 440, 630, 850};

  private final Captions captions;
  private final Panels panels;

  FramePainter(MeasuredFigure measured, Messages messages) {
    captions = new Captions(measured, messages);
    panels = new Panels(measured, messages);
  }

  /** The frame of one setting. */
  BufferedImage paint(Measurement measurement) {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D canvas = image.createGraphics();
    canvas.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    canvas.setColor(Palette.PAPER);
    canvas.fillRect(0, 0, WIDTH, HEIGHT);
    paintWords(canvas, measurement);
    paintPanels(canvas, panels.of(measurement));
    Legend.draw(canvas, panels.legend(), LEFT, LEGEND_LINE);
    canvas.dispose();
    return image;
  }

  private void paintWords(Graphics2D canvas, Measurement measurement) {
    String title = captions.title();
    write(
        canvas,
        title,
        CaptionFont.plainFor(title, Charts.TITLE).deriveFont(Font.BOLD),
        LEFT,
        TITLE_LINE);
    List<String> numbers = captions.numbers(measurement);
    for (int i = 0; i < numbers.size(); i++) {
      write(canvas, numbers.get(i), CaptionFont.plain(Charts.TITLE), COLUMNS[i], NUMBERS_LINE);
    }
    Color color = captions.warns(measurement) ? Palette.CLIPPED : Palette.INK;
    canvas.setColor(color);
    canvas.setFont(CaptionFont.plain(Charts.TITLE));
    canvas.drawString(captions.note(measurement), LEFT, NOTE_LINE);
  }

  private static void write(Graphics2D canvas, String text, Font font, int x, int y) {
    canvas.setColor(Palette.INK);
    canvas.setFont(font);
    canvas.drawString(text, x, y);
  }

  private static void paintPanels(Graphics2D canvas, List<XYChart> charts) {
    for (int i = 0; i < charts.size(); i++) {
      Graphics2D part =
          (Graphics2D) canvas.create(i * Panels.WIDTH, PANELS_TOP, Panels.WIDTH, Panels.HEIGHT);
      charts.get(i).paint(part, Panels.WIDTH, Panels.HEIGHT);
      part.dispose();
    }
  }
}
