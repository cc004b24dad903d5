package org.lsq4j.report.run;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.lsq4j.training.observation.QuantizerObservation.Errors;

/** Tables of all quantizers of a stage. */
final class QuantizerRows {

  private QuantizerRows() {}

  /** What is in a table. */
  private enum Kind {
    WEIGHTS("weights"),
    INPUTS("inputs");

    private final String title;

    Kind(String title) {
      this.title = title;
    }

    boolean holds(QuantizerHistory quantizer) {
      return quantizer.isOfWeights() == (this == WEIGHTS);
    }
  }

  /** What training made of every quantizer. */
  static List<List<String>> learned(Stage stage) {
    return stage.quantizers().stream().map(QuantizerRows::learned).toList();
  }

  private static List<String> learned(QuantizerHistory quantizer) {
    QuantizerHistory.Moment first = quantizer.first();
    QuantizerHistory.Moment last = quantizer.last();
    return List.of(
        quantizer.layer(),
        role(quantizer),
        Integer.toString(quantizer.bits()),
        Cells.number(first.step()),
        Cells.number(last.step()),
        percentChange(last.step() / first.step()),
        Cells.number(last.offset()),
        Cells.percent(last.clipShare()),
        Cells.number(last.updateRatio()),
        Cells.percent(last.oscillating()),
        Cells.fixed(last.frequency(), 4),
        Cells.percent(last.frozen()),
        Long.toString(last.projections()));
  }

  private static String role(QuantizerHistory quantizer) {
    return quantizer.isOfWeights() ? "weights" : "input";
  }

  private static String percentChange(double factor) {
    double percent = 100 * (factor - 1);
    return Double.isFinite(percent) ? Cells.signed(percent, 1) + " %" : Cells.NONE;
  }

  /** The errors of every quantizer before and after training; without those nobody measured. */
  static List<List<String>> errors(Stage stage) {
    return stage.quantizers().stream()
        .filter(quantizer -> after(quantizer).isPresent())
        .map(QuantizerRows::errors)
        .toList();
  }

  private static List<String> errors(QuantizerHistory quantizer) {
    Errors after = after(quantizer).orElseThrow();
    Optional<Errors> before = quantizer.errors(QuantizerHistory::first);
    return List.of(
        quantizer.layer(),
        role(quantizer),
        Integer.toString(quantizer.bits()),
        before.map(errors -> Cells.error(errors.error())).orElse(Cells.NONE),
        Cells.error(after.error()),
        Cells.error(after.least()),
        Cells.fixed(after.absolute(), 2),
        Cells.fixed(after.squared(), 2),
        after.divergence() == null ? Cells.NONE : Cells.fixed(after.divergence(), 2));
  }

  private static Optional<Errors> after(QuantizerHistory quantizer) {
    return quantizer.errors(QuantizerHistory::last);
  }

  /**
   * How far learned steps are from those of least error, mean of |k - 1| over quantizers, as the
   * LSQ paper has it for ResNet-18: a row for weights and one for inputs.
   */
  static List<List<String>> distances(Stage stage) {
    return Arrays.stream(Kind.values())
        .map(kind -> distances(stage, kind))
        .filter(cells -> !cells.isEmpty())
        .toList();
  }

  private static List<String> distances(Stage stage, Kind kind) {
    List<Errors> errors =
        stage.quantizers().stream()
            .filter(kind::holds)
            .flatMap(quantizer -> after(quantizer).stream())
            .toList();
    if (errors.isEmpty()) {
      return List.of();
    }
    return List.of(
        kind.title,
        distance(errors, Errors::absolute),
        distance(errors, Errors::squared),
        distance(
            errors.stream().filter(each -> each.divergence() != null).toList(),
            Errors::divergence));
  }

  private static String distance(List<Errors> errors, ToDoubleFunction<Errors> factor) {
    DoubleStream distances = errors.stream().mapToDouble(factor).map(k -> Math.abs(k - 1));
    return Cells.percent(distances.average().orElse(Double.NaN));
  }
}
