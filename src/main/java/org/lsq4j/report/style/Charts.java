package org.lsq4j.report.style;

import java.awt.BasicStroke;
import java.awt.Color;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Charts in the one style of all figures and reports. Without legend: see {@link Legend}. */
public final class Charts {

  /** Size of most text, in pixels: still readable when a picture is shown at half its size. */
  public static final float TEXT = 17;

  /** Size of titles above charts. */
  public static final float TITLE = 19;

  private static final int PADDING = 8;

  /** Least distance of ticks, in pixels. */
  public static final int TICK_SPACING = 62;

  private static final Color NO_COLOR = new Color(0, true);

  private Charts() {}

  /**
   * Size and words of a chart.
   *
   * @param width in pixels
   * @param height in pixels
   * @param title above it
   * @param xTitle below the horizontal axis
   * @param yTitle beside the vertical axis
   */
  public record Frame(int width, int height, String title, String xTitle, String yTitle) {}

  /** An empty chart. */
  public static XYChart chart(Frame frame) {
    XYChart chart = new XYChart(frame.width, frame.height, ChartTheme.XChart);
    chart.setTitle(frame.title);
    chart.setXAxisTitle(frame.xTitle);
    chart.setYAxisTitle(frame.yTitle);
    styleText(chart.getStyler());
    styleSurfaces(chart.getStyler());
    return chart;
  }

  private static void styleText(XYStyler style) {
    style.setBaseFont(CaptionFont.plain(TEXT));
    style.setChartTitleFont(CaptionFont.bold(TITLE));
    style.setAxisTitleFont(CaptionFont.plain(TEXT));
    style.setAxisTickLabelsFont(CaptionFont.plain(TEXT));
    style.setChartFontColor(Palette.INK);
    style.setAxisTickLabelsColor(Palette.INK);
    style.setXAxisTickMarkSpacingHint(TICK_SPACING);
    style.setYAxisTickMarkSpacingHint(TICK_SPACING);
  }

  private static void styleSurfaces(XYStyler style) {
    style.setChartTitleBoxVisible(false);
    style.setChartBackgroundColor(Palette.PAPER);
    style.setPlotBackgroundColor(Palette.PAPER);
    style.setPlotBorderColor(Palette.FAINT);
    style.setPlotGridLinesColor(Palette.FAINT);
    style.setPlotGridVerticalLinesVisible(false);
    style.setLegendVisible(false);
    style.setChartPadding(PADDING);
    style.setPlotContentSize(1);
  }

  /** Adds bars without outline. */
  public static XYSeries bars(XYChart chart, String name, Bars bars, Color color) {
    XYSeries series = chart.addSeries(name, bars.x(), bars.y());
    series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Area);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineStyle(SeriesLines.NONE);
    series.setLineColor(NO_COLOR);
    series.setFillColor(color);
    return series;
  }

  /** Adds a line; NaN in y interrupts it. */
  public static XYSeries line(XYChart chart, String name, Line line, LineLook look) {
    XYSeries series = chart.addSeries(name, line.x, line.y);
    series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Line);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineStyle(look.stroke);
    series.setLineColor(look.color);
    return series;
  }

  /**
   * Points of a line.
   *
   * @param x horizontal positions
   * @param y vertical positions
   */
  @SuppressWarnings("ArrayRecordComponent") // handed to the chart, never compared
  public record Line(double[] x, double[] y) {

    /** Vertical lines from 0 up. */
    public static Line verticals(double[] positions, double top) {
      double[] x = new double[3 * positions.length];
      double[] y = new double[x.length];
      for (int i = 0; i < positions.length; i++) {
        x[3 * i] = positions[i];
        x[3 * i + 1] = positions[i];
        x[3 * i + 2] = positions[i];
        y[3 * i + 1] = top;
        y[3 * i + 2] = Double.NaN;
      }
      return new Line(x, y);
    }
  }

  /**
   * How a line is drawn.
   *
   * @param color its color
   * @param stroke its width and dashes
   */
  public record LineLook(Color color, BasicStroke stroke) {

    private static final float[] DASHES = {7, 5};
    private static final float[] DOTS = {2, 3};
    private static final float SERIES_WIDTH = 2.5f;

    /** Of a series without a meaning of its own: the colors come again, with other dashes. */
    public static LineLook ofSeries(int number) {
      Color color = Palette.SERIES.get(number % Palette.SERIES.size());
      return switch (number / Palette.SERIES.size() % 3) {
        case 0 -> solid(color, SERIES_WIDTH);
        case 1 -> interrupted(color, SERIES_WIDTH, DASHES);
        default -> interrupted(color, SERIES_WIDTH, DOTS);
      };
    }

    /** Without gaps. */
    public static LineLook solid(Color color, float width) {
      return new LineLook(
          color, new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND));
    }

    /** With gaps, so that it is told apart without its color. */
    public static LineLook dashed(Color color, float width) {
      return interrupted(color, width, DASHES);
    }

    private static LineLook interrupted(Color color, float width, float[] dashes) {
      return new LineLook(
          color,
          new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, dashes, 0));
    }
  }
}
