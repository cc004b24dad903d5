package org.lsq4j.experiment;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.network.BitOperations;
import org.lsq4j.network.QuantizedNetwork;
import org.lsq4j.network.QuantizerView;
import org.lsq4j.report.run.RunReport;
import org.lsq4j.training.Accuracy;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.StopRequest;
import org.lsq4j.training.TrainingStoppedException;

/**
 * Runs an experiment: trains the float network or takes it from a file, then converts, calibrates,
 * evaluates and trains every quantized one, from the float network or from the result of an earlier
 * run. Everything that can be checked is checked before the first file is written.
 */
public final class Experiment {

  private final ExperimentConfig config;
  private final ExperimentData data;
  private final OutputFolder folder;
  private final MetricsLog metrics;
  private final ExperimentObserver observer;
  private final StopRequest stop;
  private final StageTraining trainings;
  private final List<StageResult> results = new ArrayList<>();

  /** Trained networks that later stages start or learn from, by stage. */
  private final Map<String, NeuralNetwork> starts = new HashMap<>();

  private Experiment(
      Preparation prepared, OutputFolder folder, ExperimentObserver observer, StopRequest stop) {
    this.config = prepared.config();
    this.data = prepared.data();
    this.folder = folder;
    this.metrics = folder.metrics();
    this.observer = observer;
    this.stop = stop;
    trainings = new StageTraining(config, data, folder.root(), observer, stop);
  }

  /**
   * Runs an experiment.
   *
   * @param asked what to do
   * @param out folder for the results
   * @param mode what to do about an earlier run in that folder
   * @param observer hears how it goes on
   * @throws ConfigException if something asked for cannot be done; nothing was written then
   */
  public static ExperimentResults run(
      ExperimentConfig asked, Path out, StartMode mode, ExperimentObserver observer) {
    return run(asked, out, mode, observer, new StopRequest());
  }

  /**
   * Runs an experiment that can be asked to end early.
   *
   * @param asked what to do
   * @param out folder for the results
   * @param mode what to do about an earlier run in that folder
   * @param observer hears how it goes on
   * @param stop asks for the end
   * @throws ConfigException if something asked for cannot be done; nothing was written then
   * @throws TrainingStoppedException if it ended early; {@link StartMode#RESUME} goes on then
   */
  public static ExperimentResults run(
      ExperimentConfig asked,
      Path out,
      StartMode mode,
      ExperimentObserver observer,
      StopRequest stop) {
    Preparation prepared = Preparation.of(asked);
    MemoryCheck.check(prepared.config(), prepared.data(), prepared.network());
    try (OutputFolder folder = OutputFolder.open(out, prepared.config(), mode)) {
      observer.onStart(prepared.description(folder.root()));
      return new Experiment(prepared, folder, observer, stop).runAndReport(prepared.network());
    }
  }

  /**
   * Does all that a run does before it writes its first file: reads the data, makes the networks,
   * and tries what could fail for want of fitting together.
   *
   * @throws ConfigException if something asked for cannot be done
   */
  public static void check(ExperimentConfig asked) {
    Preparation.of(asked);
  }

  private ExperimentResults runAndReport(NeuralNetwork start) {
    try {
      return run(start);
    } finally {
      // Also of what a training that failed has left.
      report();
    }
  }

  /** No report is worth a training: whatever goes wrong here is a warning. */
  private void report() {
    try {
      RunReport.write(folder.root());
    } catch (RuntimeException | LinkageError e) {
      observer.onWarning(
          "There is no report: " + e + "; lsq4j report " + folder.root() + " tries again");
    }
  }

  private ExperimentResults run(NeuralNetwork start) {
    starts.put(ExperimentConfig.FLOAT, floatStage(start));
    for (RunConfig run : config.runs()) {
      NeuralNetwork trained = quantizedStage(run, starts.get(run.from()));
      if (config.runs().stream().anyMatch(other -> other.from().equals(run.name()))) {
        starts.put(run.name(), trained);
      }
    }
    return currentResults();
  }

  private NeuralNetwork floatStage(NeuralNetwork start) {
    stopIfAsked(ExperimentConfig.FLOAT);
    TrainingConfig training = config.floatTraining();
    StageLog log = new StageLog(ExperimentConfig.FLOAT, folder, metrics, observer);
    observer.onStage(new ExperimentObserver.Stage(log.stage(), log.stage(), training, List.of()));
    Checkpoint trained =
        training.hasEpochs()
            ? trainings.run(new StageTraining.Task(training, start, start, () -> {}), log)
            : data.untrained(start, Accuracy.of(start, data.evaluation()));
    finish(log.result(trained, StageLog.Bits.FLOAT, List.of(), operations(trained)));
    return trained.network();
  }

  private NeuralNetwork quantizedStage(RunConfig run, NeuralNetwork start) {
    stopIfAsked(run.name());
    QuantizedNetwork<? extends NeuralNetwork> quantized = Conversion.of(config, run, start);
    StageLog log = new StageLog(run.name(), folder, metrics, observer);
    observer.onStage(
        new ExperimentObserver.Stage(
            run.name(), run.from(), run.training(), quantized.decisions()));
    Checkpoint finished =
        new QuantizedStage(run, quantized.network(), trainings, log)
            .finish(starts.get(ExperimentConfig.FLOAT));
    List<QuantizerView> views =
        QuantizerView.of(finished.network(), data.evaluation().next().getFeatures());
    StageLog.Bits bits = new StageLog.Bits(run.weights(), run.inputs());
    finish(log.result(finished, bits, views, operations(finished)));
    return finished.network();
  }

  /** Within a training the trainer looks. */
  private void stopIfAsked(String stage) {
    stop.reason()
        .ifPresent(
            reason -> {
              throw new TrainingStoppedException("Stopped by " + reason + " before stage " + stage);
            });
  }

  private BitOperations operations(Checkpoint trained) {
    return BitOperations.of(trained.network(), data.evaluation().next(1).getFeatures());
  }

  private void finish(StageResult result) {
    results.add(result);
    folder.writeResults(currentResults());
    observer.onStageEnd(result);
  }

  private ExperimentResults currentResults() {
    return new ExperimentResults(
        config.name(),
        config.seed(),
        ComputeEngines.current().description(),
        Versions.all(),
        ConfigReader.tree(config),
        List.copyOf(results));
  }
}
