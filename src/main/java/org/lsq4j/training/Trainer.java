package org.lsq4j.training;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizerView;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Trains a network, float or quantized: epochs over shuffled batches, evaluation after each, the
 * last and the best network kept in files, and the possibility to go on from the last.
 *
 * <p>What happens in an epoch depends on the network, the updater, the epoch's number and the
 * states of the extensions only; all are in the files, so a resumed training gives what the
 * uninterrupted one would have given.
 */
public final class Trainer {

  /** File of the last finished epoch. */
  public static final String LAST = "last.zip";

  /**
   * File of the epoch with the best test accuracy. It was chosen by the test images, so its
   * accuracy on them is optimistic; the result of a training is {@link #LAST}.
   */
  public static final String BEST = "best.zip";

  private final TrainingSettings settings;
  private final ImageBatches train;
  private final ImageBatches test;
  private final Path folder;
  private final ModelCard card;
  private final TrainingObserver observer;
  private final ImageBatches estimationData;
  private final int estimationBatches;
  private final DivergenceGuard guard;
  private final List<TrainingExtension> extensions;

  private Trainer(Builder builder) {
    settings = builder.settings;
    train = builder.train;
    test = builder.test;
    folder = builder.folder;
    card = builder.card;
    observer = builder.observer;
    estimationData = builder.estimationData;
    estimationBatches = builder.estimationBatches;
    guard = builder.guard;
    extensions = List.copyOf(builder.extensions);
  }

  /**
   * Starts a trainer.
   *
   * @param settings how to train
   * @param train shuffled batches
   * @param test batches to evaluate on
   */
  public static Builder builder(TrainingSettings settings, ImageBatches train, ImageBatches test) {
    return new Builder(settings, train, test);
  }

  /** Trains from the network's current parameters. */
  public Checkpoint train(NeuralNetwork network) {
    settings.optimizer().applyTo(network, settings.epochs(), train.batches());
    return continueFrom(new Checkpoint(network, TrainingState.START, Optional.ofNullable(card)));
  }

  /**
   * Goes on where {@link #LAST} in the folder ended; a finished training is returned as it is.
   * Settings must be those it was started with.
   *
   * @return empty if there is no such file
   */
  public Optional<Checkpoint> resume() {
    Path last = lastFile().orElse(null);
    if (last == null || !java.nio.file.Files.exists(last)) {
      return Optional.empty();
    }
    return Optional.of(continueFrom(Checkpoint.read(last)));
  }

  private Checkpoint continueFrom(Checkpoint start) {
    if (start.state().epochsDone() >= settings.epochs()) {
      return start;
    }
    TrainingRun run =
        new TrainingRun(
            start.network(),
            settings.epochs() * train.batches(),
            test,
            Optional.ofNullable(folder),
            start.card());
    try (RunningExtensions running = new RunningExtensions(extensions, run)) {
      running.start(start);
      Checkpoint current = start;
      while (current.state().epochsDone() < settings.epochs()) {
        current = epoch(current, running);
      }
      return current;
    }
  }

  private Checkpoint epoch(Checkpoint before, RunningExtensions running) {
    NeuralNetwork network = before.network();
    int epoch = before.state().epochsDone();
    Nd4j.getRandom().setSeed(settings.seed() + epoch);
    long started = System.nanoTime();
    double loss = trainEpoch(network, epoch, running);
    double trained = seconds(started);
    estimateBatchNorms(network, epoch);
    EpochMetrics plain =
        new EpochMetrics(
            epoch + 1,
            loss,
            Accuracy.of(network, test),
            learningRate(network),
            train.totalExamples() / trained,
            QuantizerView.of(network));
    EpochMetrics metrics = running.afterEpoch(plain).withSeconds(seconds(started));
    TrainingState state = before.state().after(metrics.testAccuracy(), metrics.seconds());
    Checkpoint after = new Checkpoint(network, state, before.card(), running.states());
    observer.onEpoch(metrics);
    write(after);
    return after;
  }

  private void write(Checkpoint checkpoint) {
    // The last file at last: what it says is done must not be missing in the best one.
    if (checkpoint.state().lastIsBest()) {
      Optional.ofNullable(folder).map(f -> f.resolve(BEST)).ifPresent(checkpoint::write);
    }
    lastFile().ifPresent(checkpoint::write);
  }

  /** Before the evaluation and the files, so that both have the same statistics. */
  private void estimateBatchNorms(NeuralNetwork network, int epoch) {
    if (estimationBatches > 0) {
      // Which images an epoch takes must not depend on what was read before it.
      estimationData.startEpoch(epoch);
      BatchNormEstimation.run(network, estimationData, estimationBatches);
    }
  }

  private double trainEpoch(NeuralNetwork network, int epoch, RunningExtensions running) {
    train.startEpoch(epoch);
    double sum = 0;
    int batch = 0;
    while (train.hasNext()) {
      DataSet data = train.next();
      batch++;
      BatchProgress start =
          new BatchProgress(
              epoch + 1, settings.epochs(), batch, train.batches(), data.numExamples(), Double.NaN);
      fit(network, running.beforeStep(data), start);
      double loss = Networks.score(network);
      sum += loss;
      BatchProgress progress = start.withLoss(loss);
      running.afterStep(progress);
      observer.onBatch(progress);
    }
    return sum / batch;
  }

  private void fit(NeuralNetwork network, DataSet data, BatchProgress step) {
    try {
      network.fit(data);
    } catch (IllegalStateException e) {
      throw guard.explain(e, step);
    }
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private double learningRate(NeuralNetwork network) {
    int last = Networks.iterations(network) - 1;
    return settings
        .optimizer()
        .learningRate()
        .toSchedule(settings.epochs(), train.batches())
        .valueAt(Math.max(0, last), 0);
  }

  private Optional<Path> lastFile() {
    return Optional.ofNullable(folder).map(f -> f.resolve(LAST));
  }

  /** Builds a trainer. */
  public static final class Builder {

    private final TrainingSettings settings;
    private final ImageBatches train;
    private final ImageBatches test;
    private Path folder;
    private ModelCard card;
    private TrainingObserver observer = TrainingObserver.NONE;
    private ImageBatches estimationData;
    private int estimationBatches;
    private final DivergenceGuard guard = new DivergenceGuard();
    private final List<TrainingExtension> extensions = new ArrayList<>(List.of(guard));

    private Builder(TrainingSettings settings, ImageBatches train, ImageBatches test) {
      this.settings = settings;
      this.train = train;
      this.test = test;
    }

    /** Where {@link #LAST} and {@link #BEST} are written; nowhere by default. */
    public Builder checkpoints(Path newFolder) {
      folder = newFolder;
      return this;
    }

    /** What is saved in the files about feeding the network; nothing by default. */
    public Builder card(ModelCard newCard) {
      card = newCard;
      return this;
    }

    /** Who is told about progress. */
    public Builder observer(TrainingObserver newObserver) {
      observer = newObserver;
      return this;
    }

    /**
     * {@link BatchNormEstimation} before each evaluation; without it the statistics are the moving
     * averages of training.
     *
     * @param data batches like those of the training, with its augmentation
     * @param batches how many of them; 0 for none
     */
    public Builder batchNormEstimation(ImageBatches data, int batches) {
      estimationData = data;
      estimationBatches = batches;
      return this;
    }

    /** Takes part in every step, after those given before. */
    public Builder extension(TrainingExtension extension) {
      extensions.add(extension);
      return this;
    }

    /** The trainer. */
    public Trainer build() {
      return new Trainer(this);
    }
  }
}
