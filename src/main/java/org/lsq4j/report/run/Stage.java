package org.lsq4j.report.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.report.run.RunRecords.Epoch;
import org.lsq4j.report.run.RunRecords.Quantizer;
import org.lsq4j.report.run.RunRecords.Summary;
import org.lsq4j.training.observation.QuantizerObservation;

/**
 * A stage of a training.
 *
 * @param name {@code float} or the run's name
 * @param summary its result; empty if it is not finished
 * @param epochs its epochs in order; 0 is before training
 * @param observations what was seen of quantizers, by epoch
 */
record Stage(
    String name,
    Optional<Summary> summary,
    List<Epoch> epochs,
    Map<Integer, List<QuantizerObservation>> observations) {

  /** Epochs that were trained; without the moment before. */
  List<Epoch> trained() {
    return epochs.stream().filter(epoch -> epoch.epoch() > 0).toList();
  }

  /** All quantizers in computation order; empty for a float network. */
  List<QuantizerHistory> quantizers() {
    if (epochs.isEmpty()) {
      return List.of();
    }
    return epochs.get(epochs.size() - 1).quantizers().stream().map(this::history).toList();
  }

  private QuantizerHistory history(Quantizer last) {
    List<QuantizerHistory.Moment> moments = new ArrayList<>();
    for (Epoch epoch : epochs) {
      epoch.quantizers().stream()
          .filter(quantizer -> isOf(quantizer.layer(), quantizer.role(), last))
          .findFirst()
          .ifPresent(quantizer -> moments.add(moment(epoch, quantizer)));
    }
    return new QuantizerHistory(last.layer(), last.role(), last.bits(), List.copyOf(moments));
  }

  private QuantizerHistory.Moment moment(Epoch epoch, Quantizer quantizer) {
    Optional<QuantizerObservation> observed =
        observations.getOrDefault(epoch.epoch(), List.of()).stream()
            .filter(each -> isOf(each.layer(), each.role(), quantizer))
            .findFirst();
    return new QuantizerHistory.Moment(
        epoch.epoch(),
        mean(quantizer.step()),
        mean(quantizer.offset()),
        quantizer.projections(),
        observed.map(QuantizerObservation::clipShare).orElseGet(() -> clipShare(epoch, quantizer)),
        frozen(epoch, quantizer),
        observed);
  }

  /** As older programs noted it: of weights always, of inputs at the end. */
  private double clipShare(Epoch epoch, Quantizer quantizer) {
    if (quantizer.clipShare() != null) {
      return quantizer.clipShare();
    }
    boolean isLast = epoch == epochs.get(epochs.size() - 1);
    return summary.stream()
        .filter(result -> isLast && result.steps() != null)
        .flatMap(result -> result.steps().stream())
        .filter(step -> isOf(step.layer(), step.role(), quantizer) && step.clipShare() != null)
        .mapToDouble(RunRecords.Step::clipShare)
        .findFirst()
        .orElse(Double.NaN);
  }

  private static double frozen(Epoch epoch, Quantizer quantizer) {
    return epoch.oscillations().stream()
        .filter(each -> isOf(each.layer(), QuantizerRole.WEIGHT, quantizer))
        .mapToDouble(RunRecords.Frozen::frozen)
        .findFirst()
        .orElse(Double.NaN);
  }

  private static boolean isOf(String layer, QuantizerRole role, Quantizer quantizer) {
    return quantizer.layer().equals(layer) && quantizer.role() == role;
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }
}
