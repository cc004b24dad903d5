package org.lsq4j.experiment;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.EngineUnavailableException;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.data.ImageData;
import org.lsq4j.network.BitOperations;
import org.lsq4j.network.ModelFormatException;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizedNetwork;
import org.lsq4j.network.QuantizerView;
import org.lsq4j.report.run.RunReport;
import org.lsq4j.training.Accuracy;
import org.lsq4j.training.BatchNormEstimation;
import org.lsq4j.training.Calibration;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.QuantizerHealth;
import org.lsq4j.training.StopRequest;
import org.lsq4j.training.Trainer;
import org.lsq4j.training.TrainingOrigin;
import org.lsq4j.training.TrainingState;
import org.lsq4j.training.TrainingStoppedException;
import org.lsq4j.training.observation.QuantizerRecorder;
import org.lsq4j.training.observation.Snapshot;
import org.nd4j.linalg.api.ndarray.INDArray;

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
  private final List<StageResult> results = new ArrayList<>();

  /** Trained networks that later stages start or learn from, by stage. */
  private final Map<String, NeuralNetwork> starts = new HashMap<>();

  private Experiment(
      ExperimentConfig config,
      ExperimentData data,
      OutputFolder folder,
      ExperimentObserver observer,
      StopRequest stop) {
    this.config = config;
    this.data = data;
    this.folder = folder;
    this.metrics = folder.metrics();
    this.observer = observer;
    this.stop = stop;
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
    Prepared prepared = prepare(asked);
    MemoryCheck.check(prepared.config, prepared.data, prepared.start.network());
    try (OutputFolder folder = OutputFolder.open(out, prepared.config, mode)) {
      Experiment experiment =
          new Experiment(prepared.config, prepared.data, folder, observer, stop);
      observer.onStart(experiment.description(prepared.start));
      return experiment.runAndReport(prepared.start.network());
    }
  }

  private ExperimentResults runAndReport(NeuralNetwork start) {
    try {
      return run(start);
    } finally {
      // Also of what a training that failed has left.
      report();
    }
  }

  /** All that is known before the first file is written. */
  private record Prepared(ExperimentConfig config, ExperimentData data, FloatNetwork start) {}

  private static Prepared prepare(ExperimentConfig asked) {
    useEngine(asked.engine());
    ImageData images = asked.data().load();
    FloatNetwork start = FloatNetwork.of(asked, images);
    ExperimentConfig config = asked.withFormat(start.format());
    ExperimentData data = ExperimentData.of(config, images, start.format());
    checkRuns(config, data, start.network());
    return new Prepared(config, data, start);
  }

  /**
   * Does all that a run does before it writes its first file: reads the data, makes the networks,
   * and tries what could fail for want of fitting together.
   *
   * @throws ConfigException if something asked for cannot be done
   */
  public static void check(ExperimentConfig asked) {
    prepare(asked);
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

  static void useEngine(String name) {
    try {
      ComputeEngines.use(name);
    } catch (IllegalArgumentException | EngineUnavailableException e) {
      throw new ConfigException(e.getMessage(), e);
    }
  }

  /** Tries what else could fail for want of fitting together: batches and conversions. */
  private static void checkRuns(
      ExperimentConfig config, ExperimentData data, NeuralNetwork network) {
    try {
      data.training(config.floatTraining().batch());
    } catch (IllegalArgumentException e) {
      throw new ConfigException("data.augmentation." + e.getMessage(), e);
    }
    requireCountable(config, data);
    config.runs().forEach(run -> Conversion.of(config, run, network));
    new StageExtensions(config, data).check(network);
  }

  /** DL4J counts updates in an int. */
  private static void requireCountable(ExperimentConfig config, ExperimentData data) {
    Stream.concat(
            Stream.of(config.floatTraining()), config.runs().stream().map(RunConfig::training))
        .filter(TrainingConfig::hasEpochs)
        .forEach(
            training -> {
              long updates = (long) training.epochs() * data.training(training.batch()).batches();
              if (updates > Integer.MAX_VALUE) {
                throw new ConfigException(
                    String.format(
                        Locale.ROOT,
                        "epochs: %,d epochs are %,d updates, more than can be counted (%,d)",
                        training.epochs(),
                        updates,
                        Integer.MAX_VALUE));
              }
            });
  }

  private ExperimentObserver.Start description(FloatNetwork start) {
    ImageData images = data.images();
    String dataText =
        String.format(
            Locale.ROOT,
            "%s: %,d training and %,d test images of %s, %d classes",
            images.name(),
            images.train().count(),
            images.test().count(),
            images.shape(),
            images.classCount());
    String source =
        config.network().model() == null
            ? config.network().architecture()
            : config.network().model();
    String networkText =
        String.format(
            Locale.ROOT,
            "%s, %s, %,d parameters",
            source,
            start.format(),
            Networks.parameterCount(start.network()));
    return new ExperimentObserver.Start(
        config, ComputeEngines.current().description(), dataText, networkText, folder.root());
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
    Checkpoint trained = training.hasEpochs() ? trainFloat(start, log) : evaluated(start);
    finish(log.result(trained, StageLog.Bits.FLOAT, List.of(), operations(trained)));
    return trained.network();
  }

  private Checkpoint trainFloat(NeuralNetwork start, StageLog log) {
    INDArray first = ((Model) start).params().dup();
    return guarded(config.floatTraining(), log)
        .run(
            rateFactor -> trainer(config.floatTraining(), log, start, rateFactor),
            () -> {
              ((Model) start).params().assign(first);
              return start;
            });
  }

  private Checkpoint evaluated(NeuralNetwork network) {
    return untrained(network, Accuracy.of(network, data.evaluation()));
  }

  private Checkpoint untrained(NeuralNetwork network, double accuracy) {
    TrainingState state = new TrainingState(0, 0, 0, 0, List.of(accuracy));
    return new Checkpoint(network, state, Optional.of(data.card()));
  }

  /** Within a training the trainer looks. */
  private void stopIfAsked(String stage) {
    stop.reason()
        .ifPresent(
            reason -> {
              throw new TrainingStoppedException("Stopped by " + reason + " before stage " + stage);
            });
  }

  private NeuralNetwork quantizedStage(RunConfig run, NeuralNetwork start) {
    stopIfAsked(run.name());
    QuantizedNetwork<? extends NeuralNetwork> quantized = Conversion.of(config, run, start);
    StageLog log = new StageLog(run.name(), folder, metrics, observer);
    observer.onStage(
        new ExperimentObserver.Stage(
            run.name(), run.from(), run.training(), quantized.decisions()));
    Checkpoint finished =
        run.training().hasEpochs()
            ? trainQuantized(run, quantized.network(), log)
            : quantizeOnly(run, quantized.network(), log);
    List<QuantizerView> views =
        QuantizerView.of(finished.network(), data.evaluation().next().getFeatures());
    StageLog.Bits bits = new StageLog.Bits(run.weights(), run.inputs());
    finish(log.result(finished, bits, views, operations(finished)));
    return finished.network();
  }

  private BitOperations operations(Checkpoint trained) {
    return BitOperations.of(trained.network(), data.evaluation().next(1).getFeatures());
  }

  private Checkpoint trainQuantized(RunConfig run, NeuralNetwork network, StageLog log) {
    INDArray first = ((Model) network).params().dup();
    NeuralNetwork teacher = starts.get(ExperimentConfig.FLOAT);
    return guarded(run.training(), log)
        .run(
            rateFactor -> trainer(run.training(), log, teacher, rateFactor),
            () -> {
              ((Model) network).params().assign(first);
              calibrate(network, run, log);
              return network;
            });
  }

  private GuardedTraining guarded(TrainingConfig training, StageLog log) {
    return new GuardedTraining(training.guard(), folder.stage(log.stage()), log);
  }

  /** Post-training quantization. */
  private Checkpoint quantizeOnly(RunConfig run, NeuralNetwork network, StageLog log) {
    Path file = folder.stage(run.name()).resolve(Trainer.LAST);
    Optional<Checkpoint> earlier = earlierResult(file);
    if (earlier.isPresent()) {
      return earlier.get();
    }
    double accuracy = calibrate(network, run, log);
    int batches = run.training().batchNormBatches();
    if (batches > 0) {
      BatchNormEstimation.run(network, data.training(run.training().batch()), batches);
      accuracy = Accuracy.of(network, data.evaluation());
    }
    Checkpoint quantized = untrained(network, accuracy);
    quantized.write(file);
    return quantized;
  }

  private Optional<Checkpoint> earlierResult(Path file) {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Checkpoint.read(file));
    } catch (ModelFormatException e) {
      observer.onWarning(e.getMessage() + "; calibrating again");
      return Optional.empty();
    }
  }

  /** Calibrates and gives the accuracy, which is the PTQ baseline of the run. */
  private double calibrate(NeuralNetwork network, RunConfig run, StageLog log) {
    ImageBatches batches = data.calibration(run.training().batch());
    Calibration.run(network, batches, config.calibration().batches()).forEach(observer::onWarning);
    double accuracy = Accuracy.of(network, data.evaluation());
    log.calibrated(accuracy, QuantizerView.of(network));
    observations(log).add(0, Snapshot.of(network, data.sampleFeatures(), Snapshot.Detail.ERRORS));
    return accuracy;
  }

  private Trainer trainer(
      TrainingConfig training, StageLog log, NeuralNetwork floatNetwork, double rateFactor) {
    Trainer.Builder trainer =
        Trainer.builder(
                training.toSettings(config.seed()).withRateTimes(rateFactor),
                data.training(training.batch()),
                data.evaluation())
            .checkpoints(folder.stage(log.stage()))
            .card(data.card())
            .observer(log)
            .schedule(training.checkpoint().toSchedule())
            .origin(origin())
            .resumeCheck(this::checkOrigin)
            .stop(stop);
    new StageExtensions(config, data).of(training, floatNetwork).forEach(trainer::extension);
    if (!log.stage().equals(ExperimentConfig.FLOAT)) {
      trainer.extension(new QuantizerHealth(data.evaluation()));
    }
    // The last: it sees the parameters as the others leave them.
    trainer.extension(new QuantizerRecorder(data.sampleFeatures(), observations(log)::add));
    observer.watchers(log.stage()).forEach(trainer::extension);
    return trainer.build();
  }

  private ObservationLog observations(StageLog log) {
    return new ObservationLog(folder.stage(log.stage()).resolve(ObservationLog.FILE));
  }

  private TrainingOrigin origin() {
    Map<String, String> versions = new HashMap<>(Versions.all());
    versions.put("engine", ComputeEngines.current().description());
    return new TrainingOrigin(ConfigReader.write(config), versions);
  }

  /** Refuses checkpoints of other configurations and data; other versions are worth a warning. */
  private void checkOrigin(Checkpoint checkpoint) {
    if (checkpoint.card().isPresent() && !checkpoint.card().get().equals(data.card())) {
      throw new ConfigException(
          String.format(
              "Cannot resume %s: its images were others than those of %s are now",
              folder.root(), data.images().name()));
    }
    checkpoint.origin().ifPresent(this::checkOrigin);
  }

  private void checkOrigin(TrainingOrigin before) {
    String source = folder.root().toString();
    new ResumeCheck(folder.root(), config)
        .requireSame(source, ConfigReader.parse(source, before.configuration()));
    TrainingOrigin now = origin();
    for (String part : new TreeSet<>(now.versions().keySet())) {
      String earlier = before.versions().get(part);
      if (!now.versions().get(part).equals(earlier)) {
        observer.onWarning(
            String.format(
                "the checkpoint is of %s %s, this is %s; the last bits of results may differ",
                part, earlier, now.versions().get(part)));
      }
    }
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
