package org.lsq4j.report.run;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.lsq4j.report.run.RunRecords.Epoch;
import org.lsq4j.report.style.Bars;
import org.lsq4j.report.style.CaptionFont;
import org.lsq4j.report.style.Charts;
import org.lsq4j.report.style.Charts.Line;
import org.lsq4j.report.style.Charts.LineLook;
import org.lsq4j.report.style.Legend;
import org.lsq4j.report.style.Palette;
import org.lsq4j.report.text.Numbers;
import org.lsq4j.training.observation.QuantizerObservation;

/** The pictures of a run: its curves, and for every quantized stage a chart a layer. */
final class RunPictures {

  private static final int CURVE_WIDTH = 900;
  private static final int CURVE_HEIGHT = 440;
  private static final int WIDTH = 320;
  private static final int HEIGHT = 220;
  private static final int COLUMNS = 4;
  private static final float SMALL_TEXT = 13;
  private static final int SMALL_SPACING = 48;
  private static final double BAR = 0.4;
  private static final int FEW_POINTS = 15;
  private static final double CONTENT = 0.95;

  private static final LineLook WEIGHTS = LineLook.solid(Palette.CODES, 2.5f);
  private static final LineLook INPUTS = LineLook.solid(Palette.CLIPPED, 2.5f);
  private static final LineLook BEFORE = LineLook.solid(Palette.INK, 1.5f);

  private final Map<String, byte[]> files = new LinkedHashMap<>();

  private RunPictures() {}

  /** All pictures by file name. */
  static Map<String, byte[]> of(Run run) {
    RunPictures pictures = new RunPictures();
    pictures.curve(run, "accuracy", "test accuracy, %", Epoch::testAccuracy, 100);
    pictures.curve(run, "loss", "training loss", Epoch::loss, 1);
    run.stages().forEach(pictures::stage);
    return pictures.files;
  }

  private void curve(
      Run run, String name, String title, Function<Epoch, Double> value, double factor) {
    XYChart chart =
        withWholeTicks(
            Charts.chart(new Charts.Frame(CURVE_WIDTH, CURVE_HEIGHT, "", "epoch", title)));
    List<Legend.Entry> legend = new ArrayList<>();
    for (Stage stage : run.stages()) {
      List<Epoch> epochs =
          stage.trained().stream().filter(epoch -> value.apply(epoch) != null).toList();
      if (!epochs.isEmpty()) {
        LineLook look = LineLook.ofSeries(legend.size());
        double[] y = epochs.stream().mapToDouble(epoch -> factor * value.apply(epoch)).toArray();
        double[] x = epochs.stream().mapToDouble(Epoch::epoch).toArray();
        mark(Charts.line(chart, stage.name(), new Line(x, y), look), look);
        legend.add(Legend.Entry.line(stage.name(), look));
      }
    }
    if (!legend.isEmpty()) {
      files.put(name + ".png", new PictureGrid(run.name(), legend, List.of(chart), COLUMNS).png());
    }
  }

  /** A number of a quantizer over epochs. */
  private record Path(String file, String title, Function<QuantizerHistory, double[]> values) {}

  private static final List<Path> PATHS =
      List.of(
          new Path("steps", "step s, relative to the first", QuantizerHistory::relativeSteps),
          new Path("offsets", "offset z", q -> q.path(QuantizerHistory.Moment::offset)),
          new Path("clipped", "clipped values, %", q -> q.path(m -> 100 * m.clipShare())),
          new Path("ratios", "R", q -> q.path(QuantizerHistory.Moment::updateRatio)),
          new Path(
              "oscillations", "oscillating weights, %", q -> q.path(m -> 100 * m.oscillating())));

  private void stage(Stage stage) {
    List<QuantizerHistory> quantizers = stage.quantizers();
    List<String> layers = quantizers.stream().map(QuantizerHistory::layer).distinct().toList();
    for (Path path : PATHS) {
      List<XYChart> charts = new ArrayList<>();
      for (String layer : layers) {
        XYChart chart = smallChart(layer, "epoch");
        quantizers.stream()
            .filter(quantizer -> quantizer.layer().equals(layer))
            .forEach(quantizer -> addPath(chart, quantizer, path));
        if (!chart.getSeriesMap().isEmpty()) {
          charts.add(chart);
        }
      }
      put(stage.name() + "-" + path.file + ".png", stage.name() + ": " + path.title, charts);
    }
    put(
        stage.name() + "-codes.png",
        stage.name() + ": codes, % of the values; line: before training",
        quantizers.stream()
            .filter(quantizer -> quantizer.codes(QuantizerHistory::last).isPresent())
            .map(RunPictures::codes)
            .toList());
  }

  private void put(String file, String title, List<XYChart> charts) {
    if (!charts.isEmpty()) {
      List<Legend.Entry> legend =
          List.of(Legend.Entry.line("weights", WEIGHTS), Legend.Entry.line("inputs", INPUTS));
      files.put(file, new PictureGrid(title, legend, charts, COLUMNS).png());
    }
  }

  private static void addPath(XYChart chart, QuantizerHistory quantizer, Path path) {
    double[] y = path.values.apply(quantizer);
    if (Arrays.stream(y).anyMatch(Double::isFinite)) {
      double[] x = quantizer.path(QuantizerHistory.Moment::epoch);
      LineLook look = look(quantizer);
      mark(Charts.line(chart, quantizer.role().name(), new Line(x, y), look), look);
    }
  }

  /** A line of one point would not be seen. */
  private static void mark(XYSeries series, LineLook look) {
    if (series.getXData().length <= FEW_POINTS) {
      series.setMarker(SeriesMarkers.CIRCLE);
      series.setMarkerColor(look.color());
    }
  }

  /** Epochs and codes are whole; room at the border, so that no point is cut. */
  private static XYChart withWholeTicks(XYChart chart) {
    chart.getStyler().setPlotContentSize(CONTENT);
    chart.setCustomXAxisTickLabelsFormatter(x -> x == Math.rint(x) ? Numbers.fixed(x, 0) : "");
    return chart;
  }

  private static LineLook look(QuantizerHistory quantizer) {
    return quantizer.isOfWeights() ? WEIGHTS : INPUTS;
  }

  private static XYChart codes(QuantizerHistory quantizer) {
    QuantizerObservation last = quantizer.codes(QuantizerHistory::last).orElseThrow();
    int group = ChartData.group(last.codes().size());
    String title = quantizer.layer() + (quantizer.isOfWeights() ? ", weights " : ", input ");
    XYChart chart = smallChart(title + quantizer.bits() + " bits", "code");
    chart.getStyler().setYAxisMin(0.0);
    Charts.bars(chart, "after", bars(last, group), look(quantizer).color());
    quantizer
        .codes(QuantizerHistory::first)
        .ifPresent(first -> Charts.line(chart, "before", line(first, group), BEFORE));
    return chart;
  }

  private static Bars bars(QuantizerObservation observation, int group) {
    List<Double> shares = ChartData.shares(observation, group);
    Bars bars = new Bars();
    for (int i = 0; i < shares.size(); i++) {
      double x = observation.lowestCode() + (double) i * group;
      bars.add(x - BAR * group, x + BAR * group, shares.get(i));
    }
    return bars;
  }

  private static Line line(QuantizerObservation observation, int group) {
    List<Double> shares = ChartData.shares(observation, group);
    double[] x = new double[shares.size()];
    double[] y = new double[shares.size()];
    for (int i = 0; i < x.length; i++) {
      x[i] = observation.lowestCode() + (double) i * group;
      y[i] = shares.get(i);
    }
    return new Line(x, y);
  }

  private static XYChart smallChart(String title, String xTitle) {
    XYChart chart =
        withWholeTicks(Charts.chart(new Charts.Frame(WIDTH, HEIGHT, title, xTitle, "")));
    chart.getStyler().setChartTitleFont(CaptionFont.bold(SMALL_TEXT + 1));
    chart.getStyler().setAxisTitleFont(CaptionFont.plain(SMALL_TEXT));
    chart.getStyler().setAxisTickLabelsFont(CaptionFont.plain(SMALL_TEXT));
    chart.getStyler().setXAxisTickMarkSpacingHint(SMALL_SPACING);
    chart.getStyler().setYAxisTickMarkSpacingHint(SMALL_SPACING);
    return chart;
  }
}
