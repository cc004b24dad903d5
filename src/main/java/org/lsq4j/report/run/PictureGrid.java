package org.lsq4j.report.run;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.lsq4j.report.style.CaptionFont;
import org.lsq4j.report.style.Charts;
import org.lsq4j.report.style.Legend;
import org.lsq4j.report.style.Palette;

/**
 * Charts of equal size in rows, with a title and one legend.
 *
 * @param title above all
 * @param legend what the colors mean
 * @param charts at least one
 * @param columns most charts in a row
 */
record PictureGrid(String title, List<Legend.Entry> legend, List<XYChart> charts, int columns) {

  // For title and legend of a single small chart.
  private static final int LEAST_WIDTH = 700;
  private static final int LEFT = 14;
  private static final int TITLE_LINE = 28;
  private static final int LEGEND_LINE = 58;
  private static final int LEGEND_HEIGHT = 26;
  private static final int BELOW_LEGEND = 12;

  /** The picture as PNG. */
  byte[] png() {
    int across = Math.min(columns, charts.size());
    int rows = (charts.size() + across - 1) / across;
    int width = Math.max(across * charts.get(0).getWidth(), LEAST_WIDTH);
    List<List<Legend.Entry>> legendLines = Legend.lines(legend, width - 2 * LEFT);
    int top = LEGEND_LINE + (legendLines.size() - 1) * LEGEND_HEIGHT + BELOW_LEGEND;
    BufferedImage image =
        new BufferedImage(
            width, top + rows * charts.get(0).getHeight(), BufferedImage.TYPE_INT_RGB);
    Graphics2D canvas = image.createGraphics();
    canvas.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    canvas.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    canvas.setColor(Palette.PAPER);
    canvas.fillRect(0, 0, image.getWidth(), image.getHeight());
    drawHead(canvas, legendLines);
    drawCharts(canvas, top, across);
    canvas.dispose();
    return encode(image);
  }

  private void drawHead(Graphics2D canvas, List<List<Legend.Entry>> legendLines) {
    canvas.setColor(Palette.INK);
    canvas.setFont(CaptionFont.plainFor(title, Charts.TITLE));
    canvas.drawString(title, LEFT, TITLE_LINE);
    for (int i = 0; i < legendLines.size(); i++) {
      Legend.draw(canvas, legendLines.get(i), LEFT, LEGEND_LINE + i * LEGEND_HEIGHT);
    }
  }

  private void drawCharts(Graphics2D canvas, int top, int across) {
    for (int i = 0; i < charts.size(); i++) {
      XYChart chart = charts.get(i);
      int x = i % across * chart.getWidth();
      int y = top + i / across * chart.getHeight();
      Graphics2D part = (Graphics2D) canvas.create(x, y, chart.getWidth(), chart.getHeight());
      chart.paint(part, chart.getWidth(), chart.getHeight());
      part.dispose();
    }
  }

  private static byte[] encode(BufferedImage image) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      ImageIO.write(image, "png", bytes);
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
