package org.lsq4j.report.run;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.lsq4j.report.run.RunRecords.Epoch;
import org.lsq4j.training.observation.QuantizerObservation;

/** What the page's script draws, as JSON. Long trainings are thinned out. */
final class ChartData {

  /** Most points of a line. */
  static final int MOST_POINTS = 120;

  /** Most bars of a histogram; codes of more bits share bars. */
  static final int MOST_BARS = 64;

  private ChartData() {}

  /** A run with all its stages. */
  static Map<String, Object> of(Run run) {
    // Not Map.of, whose order is another one in every process.
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("name", run.name());
    data.put("stages", run.stages().stream().map(ChartData::of).toList());
    return data;
  }

  private static Map<String, Object> of(Stage stage) {
    List<Epoch> trained = thinned(stage.trained());
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("name", stage.name());
    data.put("epochs", trained.stream().map(Epoch::epoch).toList());
    data.put("loss", trained.stream().map(epoch -> rounded(epoch.loss())).toList());
    data.put("accuracy", percents(trained, Epoch::testAccuracy));
    data.put("ema", percents(trained, Epoch::emaAccuracy));
    data.put("quantizers", stage.quantizers().stream().map(ChartData::of).toList());
    return data;
  }

  private static List<Double> percents(List<Epoch> epochs, Function<Epoch, Double> share) {
    return epochs.stream()
        .map(share)
        .map(value -> value == null ? null : rounded(100 * value))
        .toList();
  }

  private static Map<String, Object> of(QuantizerHistory all) {
    QuantizerHistory quantizer =
        new QuantizerHistory(all.layer(), all.role(), all.bits(), thinned(all.moments()));
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("layer", quantizer.layer());
    data.put("role", quantizer.isOfWeights() ? "weights" : "input");
    data.put("bits", quantizer.bits());
    data.put("epochs", quantizer.moments().stream().map(QuantizerHistory.Moment::epoch).toList());
    data.put("step", rounded(quantizer.path(QuantizerHistory.Moment::step)));
    data.put("relative", rounded(quantizer.relativeSteps()));
    data.put("offset", rounded(quantizer.path(QuantizerHistory.Moment::offset)));
    data.put("clip", rounded(quantizer.path(moment -> 100 * moment.clipShare())));
    data.put("ratio", rounded(quantizer.path(QuantizerHistory.Moment::updateRatio)));
    data.put("oscillating", rounded(quantizer.path(moment -> 100 * moment.oscillating())));
    quantizer
        .codes(QuantizerHistory::last)
        .ifPresent(
            last -> {
              int group = group(last.codes().size());
              data.put("lowest", last.lowestCode());
              data.put("group", group);
              data.put("after", shares(last, group));
              quantizer
                  .codes(QuantizerHistory::first)
                  .ifPresent(first -> data.put("before", shares(first, group)));
            });
    return data;
  }

  /** Codes that share a bar. */
  static int group(int codes) {
    return (codes + MOST_BARS - 1) / MOST_BARS;
  }

  /** Percent of the values in each bar. */
  static List<Double> shares(QuantizerObservation observation, int group) {
    List<Long> codes = observation.codes();
    double all = codes.stream().mapToLong(Long::longValue).sum();
    return IntStream.iterate(0, i -> i < codes.size(), i -> i + group)
        .mapToObj(i -> codes.subList(i, Math.min(i + group, codes.size())))
        .map(bar -> rounded(100 * bar.stream().mapToLong(Long::longValue).sum() / all))
        .toList();
  }

  /** Elements at equal distances, the first and the last among them. */
  static <T> List<T> thinned(List<T> all) {
    if (all.size() <= MOST_POINTS) {
      return all;
    }
    List<T> some = new ArrayList<>();
    for (int i = 0; i < MOST_POINTS; i++) {
      some.add(all.get((int) ((long) i * (all.size() - 1) / (MOST_POINTS - 1))));
    }
    return some;
  }

  /** As JSON has it: null for NaN. */
  private static List<Double> rounded(double[] values) {
    return Arrays.stream(values).mapToObj(ChartData::rounded).toList();
  }

  /** Five significant digits, which no chart shows more of; null for what is no number. */
  private static Double rounded(Double value) {
    return value == null || !Double.isFinite(value)
        ? null
        : Double.valueOf(String.format(Locale.ROOT, "%.4e", value));
  }
}
