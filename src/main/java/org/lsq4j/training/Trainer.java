package org.lsq4j.training;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.network.LayerJoints;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a network, float or quantized: epochs over shuffled batches, evaluation after each, the
 * last and the best network kept in files, and the possibility to go on from any checkpoint.
 */
public final class Trainer {

  private static final Logger log = LoggerFactory.getLogger(Trainer.class);

  /** File of the last finished epoch. */
  public static final String LAST = "last.zip";

  /**
   * File of the epoch with the best test accuracy. It was chosen by the test images, so its
   * accuracy on them is optimistic; the result of a training is {@link #LAST}.
   */
  public static final String BEST = "best.zip";

  /** Folder of the last few checkpoints, also those within an epoch. */
  public static final String RECENT = CheckpointFolder.RECENT;

  private final Builder plan;
  private final Optional<CheckpointFolder> folder;

  private Trainer(Builder plan) {
    this.plan = plan;
    folder =
        Optional.ofNullable(plan.folder)
            .map(
                path -> new CheckpointFolder(path, plan.schedule.keep(), plan.observer::onWarning));
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
    plan.settings.optimizer().applyTo(network, plan.settings.epochs(), plan.train.batches());
    Checkpoint start = new Checkpoint(network, TrainingState.START, Optional.ofNullable(plan.card));
    try (RunningExtensions running = new RunningExtensions(plan.extensions, network)) {
      return run(loop(start, running), network);
    }
  }

  /**
   * Goes on where the newest checkpoint in the folder that is whole was written; a finished
   * training is returned as it is. Settings must be those it was started with, but for the learning
   * rate.
   *
   * @return empty if there is no checkpoint
   * @throws org.lsq4j.network.ModelFormatException if there are some, but all are damaged
   */
  public Optional<Checkpoint> resume() {
    return folder.flatMap(CheckpointFolder::newest).map(this::continueFrom);
  }

  /**
   * The file that {@link #resume} takes first.
   *
   * @param folder of checkpoints
   */
  public static Optional<Path> newestCheckpoint(Path folder) {
    return CheckpointFolder.newestFile(folder);
  }

  private Checkpoint continueFrom(Checkpoint start) {
    plan.resumeCheck.accept(start);
    if (start.state().epochsDone() >= plan.settings.epochs()) {
      Optional.ofNullable(start.extensions().get(ProjectionCounts.NAME))
          .ifPresent(counts -> ProjectionCounts.restore(start.network(), counts));
      return start;
    }
    // A training that was rolled back goes on at another rate than it was saved with.
    plan.settings
        .optimizer()
        .continueWith(start.network(), plan.settings.epochs(), plan.train.batches());
    try (RunningExtensions running = new RunningExtensions(plan.extensions, start.network())) {
      TrainingLoop loop = loop(start, running);
      running.restore(start.extensions());
      return run(loop, start.network());
    }
  }

  private static Checkpoint run(TrainingLoop loop, NeuralNetwork network) {
    try (LayerJoints joints = LayerJoints.joinUnlessWatched(network)) {
      log.debug("{} batch norms compute together with their neighbours", joints.count());
      return loop.run();
    }
  }

  private TrainingLoop loop(Checkpoint start, RunningExtensions running) {
    TrainingLoop loop = new TrainingLoop(plan, start, running, folder);
    running.start(
        new TrainingRun(
            start.network(),
            plan.settings.epochs() * plan.train.batches(),
            loop::accuracyAfter,
            Optional.ofNullable(plan.folder),
            start.card()));
    return loop;
  }

  /** Builds a trainer. */
  public static final class Builder {

    final TrainingSettings settings;
    final ImageBatches train;
    final ImageBatches test;
    final DivergenceGuard guard = new DivergenceGuard();
    private final List<TrainingExtension> extensions =
        new ArrayList<>(List.of(guard, new ProjectionCounts()));
    TrainingObserver observer = TrainingObserver.NONE;
    CheckpointSchedule schedule = CheckpointSchedule.EPOCHS;
    TrainingOrigin origin;
    StopRequest stop = new StopRequest();
    private Path folder;
    private ModelCard card;
    private Consumer<Checkpoint> resumeCheck = checkpoint -> {};

    private Builder(TrainingSettings settings, ImageBatches train, ImageBatches test) {
      this.settings = settings;
      this.train = train;
      this.test = test;
    }

    /**
     * Where {@link #LAST}, {@link #BEST} and {@link #RECENT} are; nothing is written by default.
     */
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

    /** When checkpoints are written beside those after epochs, and how many stay. */
    public Builder schedule(CheckpointSchedule newSchedule) {
      schedule = newSchedule;
      return this;
    }

    /** What is saved in the checkpoints about where the training comes from; nothing by default. */
    public Builder origin(TrainingOrigin newOrigin) {
      origin = newOrigin;
      return this;
    }

    /** Looks at a checkpoint before a training is resumed from it, and throws if it must not be. */
    public Builder resumeCheck(Consumer<Checkpoint> newCheck) {
      resumeCheck = newCheck;
      return this;
    }

    /** Ends the training with a checkpoint and a {@link TrainingStoppedException} when asked to. */
    public Builder stop(StopRequest newStop) {
      stop = newStop;
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
