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
  private static final int TOP = 70;

  /** The picture as PNG. */
  byte[] png() {
    int width = charts.get(0).getWidth();
    int height = charts.get(0).getHeight();
    int across = Math.min(columns, charts.size());
    int rows = (charts.size() + across - 1) / across;
    BufferedImage image =
        new BufferedImage(
            Math.max(across * width, LEAST_WIDTH), TOP + rows * height, BufferedImage.TYPE_INT_RGB);
    Graphics2D canvas = image.createGraphics();
    canvas.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    canvas.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    canvas.setColor(Palette.PAPER);
    canvas.fillRect(0, 0, image.getWidth(), image.getHeight());
    canvas.setColor(Palette.INK);
    canvas.setFont(CaptionFont.plainFor(title, Charts.TITLE));
    canvas.drawString(title, LEFT, TITLE_LINE);
    Legend.draw(canvas, legend, LEFT, LEGEND_LINE);
    for (int i = 0; i < charts.size(); i++) {
      Graphics2D part =
          (Graphics2D) canvas.create(i % across * width, TOP + i / across * height, width, height);
      charts.get(i).paint(part, width, height);
      part.dispose();
    }
    canvas.dispose();
    return encode(image);
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
