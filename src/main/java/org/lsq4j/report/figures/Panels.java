package org.lsq4j.report.figures;

import java.util.Arrays;
import java.util.List;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.Styler.YAxisPosition;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.report.figures.Measurement.CodeShare;
import org.lsq4j.report.style.Bars;
import org.lsq4j.report.style.Charts;
import org.lsq4j.report.style.Charts.Line;
import org.lsq4j.report.style.Charts.LineLook;
import org.lsq4j.report.style.Legend;
import org.lsq4j.report.style.Palette;
import org.lsq4j.report.text.Messages;

/** The three panels of a frame: data with levels, codes, and dequantized values over the data. */
final class Panels {

  static final int WIDTH = 400;
  static final int HEIGHT = 380;

  private static final double CODE_BAR = 0.38;
  // Half of a bar of dequantized values: as part of the axis, but never so wide that bars touch.
  private static final double VALUE_BAR = 0.018;
  private static final double VALUE_BAR_OF_STEP = 0.4;
  private static final int MANY_LEVELS = 32;
  private static final double SHORT_LINE = 0.06;
  private static final int DENSITY_AXIS = 1;
  // About the part of a panel that its axes leave.
  private static final double PLOT_WIDTH = 0.8 * WIDTH;

  private static final LineLook LEVEL = LineLook.solid(Palette.INK, 1.5f);
  private static final LineLook MEAN = LineLook.solid(Palette.MARK, 3);
  private static final LineLook DATA_MEAN = LineLook.dashed(Palette.INK, 2);

  private final MeasuredFigure measured;
  private final Messages messages;
  private final Histogram histogram;
  private final Axes axes;

  Panels(MeasuredFigure measured, Messages messages) {
    this.measured = measured;
    this.messages = messages;
    this.histogram = new Histogram(measured.figure().data());
    this.axes = Axes.of(measured);
  }

  /** The panels of one setting, from left to right. */
  List<XYChart> of(Measurement measurement) {
    return List.of(data(measurement), codes(measurement), dequantized(measurement));
  }

  /** What the colors of all three mean. */
  List<Legend.Entry> legend() {
    return List.of(
        Legend.Entry.bars(text("legend.data"), Palette.DATA),
        Legend.Entry.line(text("legend.levels"), LEVEL),
        Legend.Entry.bars(text("legend.codes"), Palette.CODES),
        Legend.Entry.bars(text("legend.xhat"), Palette.DEQUANTIZED),
        Legend.Entry.bars(text("legend.clipped"), Palette.CLIPPED),
        Legend.Entry.line(text("legend.mean"), MEAN),
        Legend.Entry.line(text("legend.mean.data"), DATA_MEAN));
  }

  private XYChart data(Measurement measurement) {
    XYChart chart = chart("panel.data", "axis.x", densityTitle());
    setValues(chart);
    chart.getStyler().setYAxisMin(0.0).setYAxisMax(histogram.top());
    Charts.bars(chart, text("legend.data"), histogram.bars(), Palette.DATA);
    Charts.bars(chart, text("legend.clipped"), clippedData(measurement), Palette.CLIPPED);
    Charts.line(chart, text("legend.levels"), levels(measurement), LEVEL);
    return chart;
  }

  private String densityTitle() {
    return histogram.isCut() ? "axis.density.cut" : "axis.density";
  }

  private Bars clippedData(Measurement measurement) {
    double half = measurement.setting().step() / 2;
    return histogram.outside(
        measurement.level(measurement.lowest().code()) - half,
        measurement.level(measurement.highest().code()) + half);
  }

  private Line levels(Measurement measurement) {
    double[] levels =
        measurement.bars().stream()
            .mapToDouble(bar -> measurement.level(bar.code()))
            .filter(level -> level >= axes.from() && level <= axes.to())
            .toArray();
    double part = measurement.bars().size() > MANY_LEVELS ? SHORT_LINE : 1;
    return Line.verticals(levels, part * histogram.top());
  }

  private XYChart codes(Measurement measurement) {
    CodeRange range = measured.figure().range();
    XYChart chart = chart("panel.codes", "axis.code", "axis.share");
    double[] ends = Axes.codes(range);
    chart.getStyler().setXAxisMin(ends[0]).setXAxisMax(ends[1]);
    chart.getStyler().setYAxisMin(0.0).setYAxisMax(axes.share());
    // No ticks between codes.
    double perCode = PLOT_WIDTH / (ends[1] - ends[0]);
    chart.getStyler().setXAxisTickMarkSpacingHint((int) Math.max(Charts.TICK_SPACING, perCode));
    Bars all = new Bars();
    Bars clipped = new Bars();
    for (CodeShare bar : measurement.bars()) {
      all.add(bar.code() - CODE_BAR, bar.code() + CODE_BAR, bar.share());
      clipped.add(bar.code() - CODE_BAR, bar.code() + CODE_BAR, bar.clipped());
    }
    Charts.bars(chart, text("legend.codes"), all, Palette.CODES);
    Charts.bars(chart, text("legend.clipped"), clipped, Palette.CLIPPED);
    mark(chart, "legend.mean", measurement.meanCode(), MEAN);
    return chart;
  }

  private XYChart dequantized(Measurement measurement) {
    XYChart chart = chart("panel.dequantized", "axis.xhat", "axis.share");
    setValues(chart);
    chart.getStyler().setYAxisMin(0.0).setYAxisMax(axes.share());
    chart.getStyler().setYAxisMin(DENSITY_AXIS, 0.0).setYAxisMax(DENSITY_AXIS, histogram.top());
    chart.getStyler().setYAxisGroupPosition(DENSITY_AXIS, YAxisPosition.Right);
    chart.setYAxisGroupTitle(DENSITY_AXIS, text(densityTitle()));
    Charts.bars(chart, text("legend.data"), histogram.bars(), Palette.DATA_BEHIND)
        .setYAxisGroup(DENSITY_AXIS);
    Bars all = new Bars();
    Bars clipped = new Bars();
    double half =
        Math.min(
            VALUE_BAR * (axes.to() - axes.from()),
            VALUE_BAR_OF_STEP * measurement.setting().step());
    for (CodeShare bar : measurement.bars()) {
      double level = measurement.level(bar.code());
      if (bar.share() > 0) {
        all.add(level - half, level + half, bar.share());
        clipped.add(level - half, level + half, bar.clipped());
      }
    }
    Charts.bars(chart, text("legend.xhat"), all, Palette.DEQUANTIZED);
    Charts.bars(chart, text("legend.clipped"), clipped, Palette.CLIPPED);
    mark(chart, "legend.mean", measurement.meanValue(), MEAN);
    mark(chart, "legend.mean.data", measured.figure().data().mean(), DATA_MEAN);
    return chart;
  }

  private void mark(XYChart chart, String name, double position, LineLook look) {
    Line line = Line.verticals(new double[] {position}, axes.share());
    Charts.line(chart, text(name), new Line(first(line.x()), first(line.y())), look);
  }

  private static double[] first(double[] both) {
    return Arrays.copyOf(both, 2);
  }

  private void setValues(XYChart chart) {
    chart.getStyler().setXAxisMin(axes.from()).setXAxisMax(axes.to());
  }

  private XYChart chart(String title, String xTitle, String yTitle) {
    return Charts.chart(new Charts.Frame(WIDTH, HEIGHT, text(title), text(xTitle), text(yTitle)));
  }

  private String text(String key) {
    return messages.get(key);
  }
}
