package org.lsq4j.experiment;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.lsq4j.experiment.EpochEntry.QuantizerEntry;
import org.lsq4j.network.BitOperations;
import org.lsq4j.network.ModelSize;
import org.lsq4j.network.QuantizerView;
import org.lsq4j.training.BatchProgress;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.EpochMetrics;
import org.lsq4j.training.QuantizerFault;
import org.lsq4j.training.TrainingObserver;
import org.lsq4j.training.TrainingState;

/** Follows one stage: passes progress on, writes its metrics, and puts its result together. */
final class StageLog implements TrainingObserver {

  /**
   * Bits in general.
   *
   * @param weights of weights
   * @param inputs of input activations
   */
  record Bits(int weights, int inputs) {
    static final Bits FLOAT = new Bits(Float.SIZE, Float.SIZE);
  }

  private final String stage;
  private final Path folder;
  private final MetricsLog metrics;
  private final ExperimentObserver observer;

  StageLog(String stage, OutputFolder folder, MetricsLog metrics, ExperimentObserver observer) {
    this.stage = stage;
    this.folder = folder.stage(stage);
    this.metrics = metrics;
    this.observer = observer;
  }

  String stage() {
    return stage;
  }

  /** Where the stage's files are. */
  Path folder() {
    return folder;
  }

  /** What its quantizers do. */
  ObservationLog observations() {
    return new ObservationLog(folder.resolve(ObservationLog.FILE));
  }

  /** The network before its training. */
  void calibrated(double accuracy, List<QuantizerView> quantizers) {
    metrics.put(EpochEntry.untrained(stage, accuracy, entries(quantizers)));
    observer.onCalibrated(accuracy);
  }

  @Override
  public void onWarning(String message) {
    observer.onWarning(message);
  }

  @Override
  public void onBatch(BatchProgress progress) {
    observer.onBatch(progress);
  }

  @Override
  public void onEpoch(EpochMetrics epoch) {
    List<Rollback> rollbacks =
        rollbacks().stream().filter(rollback -> rollback.epoch() == epoch.epoch()).toList();
    metrics.put(EpochEntry.of(stage, epoch, entries(epoch.quantizers()), rollbacks));
    observer.onEpoch(epoch);
    warnings(epoch.faults()).forEach(this::onWarning);
  }

  private List<Rollback> rollbacks() {
    return Rollbacks.of(folder).list();
  }

  /** One for each layer. */
  private static List<String> warnings(List<QuantizerFault> faults) {
    Map<String, List<String>> byLayer = new LinkedHashMap<>();
    faults.forEach(
        fault ->
            byLayer.computeIfAbsent(fault.layer(), layer -> new ArrayList<>()).add(fault + ""));
    return byLayer.entrySet().stream()
        .map(entry -> "layer " + entry.getKey() + ": " + String.join("; ", entry.getValue()))
        .toList();
  }

  /** The result of the finished stage. */
  StageResult result(
      Checkpoint trained, Bits bits, List<QuantizerView> quantizers, BitOperations operations) {
    TrainingState state = trained.state();
    ModelSize size = ModelSize.of(trained.network());
    return new StageResult(
        stage,
        bits.weights(),
        bits.inputs(),
        metrics.entry(stage, 0).map(EpochEntry::testAccuracy).orElse(null),
        state.lastAccuracy(),
        metrics.entry(stage, state.epochsDone()).map(EpochEntry::emaAccuracy).orElse(null),
        Math.max(state.bestAccuracy(), state.lastAccuracy()),
        state.bestEpoch(),
        state.epochsDone(),
        state.seconds(),
        size.bytes(),
        size.floatBytes(),
        operations,
        quantizers.stream().map(this::step).toList(),
        rollbacks());
  }

  private StepResult step(QuantizerView view) {
    List<Double> initial = entry(0, view).map(QuantizerEntry::step).orElse(List.of());
    return new StepResult(
        view.layer(),
        view.role(),
        view.spec().bits(),
        view.spec().sign(),
        initial,
        view.step(),
        view.offset(),
        view.projections(),
        view.clipShare().isPresent() ? view.clipShare().getAsDouble() : null);
  }

  private static List<QuantizerEntry> entries(List<QuantizerView> quantizers) {
    return quantizers.stream().map(QuantizerEntry::of).toList();
  }

  private Optional<QuantizerEntry> entry(int epoch, QuantizerView view) {
    return metrics
        .entry(stage, epoch)
        .flatMap(entry -> entry.quantizers().stream().filter(q -> q.isOf(view)).findFirst());
  }
}
