package org.lsq4j.training;

import java.util.Optional;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizerView;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One process's part of a training, from a checkpoint to the end or to a request to stop.
 *
 * <p>What happens in an update depends on the network, the updater, the numbers of epoch and batch,
 * and the states of the extensions only; all are in checkpoints, so a resumed training gives what
 * the uninterrupted one would have given.
 */
final class TrainingLoop {

  private final Trainer.Builder plan;
  private final ImageBatches train;
  private final NeuralNetwork network;
  private final RunningExtensions running;
  private final Optional<CheckpointFolder> folder;
  private final Checkpoint start;
  private final long seed;
  private TrainingState state;
  private BatchProgress lastStep;
  private long lastWritten = System.nanoTime();

  /**
   * A loop.
   *
   * @param plan the training
   * @param start where it goes on
   * @param running its extensions, started and restored
   * @param folder where checkpoints go, if anywhere
   */
  TrainingLoop(
      Trainer.Builder plan,
      Checkpoint start,
      RunningExtensions running,
      Optional<CheckpointFolder> folder) {
    this.plan = plan;
    this.start = start;
    this.running = running;
    this.folder = folder;
    train = plan.train;
    network = start.network();
    state = start.state();
    seed = new SplittableRandom(plan.settings.seed()).nextLong();
  }

  /** Trains to the end. */
  Checkpoint run() {
    while (state.epochsDone() < plan.settings.epochs()) {
      trainEpoch();
      finishEpoch();
    }
    return checkpoint();
  }

  private Checkpoint checkpoint() {
    return new Checkpoint(
        network, state, start.card(), running.states(), Optional.ofNullable(plan.origin));
  }

  private void trainEpoch() {
    train.startEpoch(state.epochsDone());
    train.skipToBatch(state.position().batches());
    stopIfAsked();
    while (train.hasNext()) {
      step();
      if (isDue()) {
        write();
      }
      stopIfAsked();
    }
  }

  /** The checkpoint of the epoch follows the last batch anyway. */
  private boolean isDue() {
    return train.hasNext()
        && plan.schedule.isDue(Networks.iterations(network), System.nanoTime() - lastWritten);
  }

  private void step() {
    long started = System.nanoTime();
    // Dropout draws from this generator. Seeded anew, it has no state to be kept.
    Nd4j.getRandom().setSeed(new SplittableRandom(seed + Networks.iterations(network)).nextLong());
    DataSet data = train.next();
    BatchProgress before = progress(data.numExamples());
    fit(running.beforeStep(data), before);
    double loss = Networks.score(network);
    BatchProgress after = before.withLoss(loss);
    running.afterStep(after);
    lastStep = after;
    state = state.afterStep(loss, seconds(started));
    plan.observer.onBatch(after);
  }

  private BatchProgress progress(int examples) {
    return new BatchProgress(
        state.epochsDone() + 1,
        plan.settings.epochs(),
        state.position().batches() + 1,
        train.batches(),
        examples,
        Double.NaN);
  }

  private void fit(DataSet data, BatchProgress step) {
    try {
      network.fit(data);
    } catch (IllegalStateException e) {
      throw plan.guard.explain(e, step);
    } catch (OutOfMemoryError e) {
      throw new NotEnoughMemoryException(
          String.format(
              "Out of memory in an update of %d images: %s; use a smaller batch",
              step.examples(), e.getMessage()),
          e);
    }
  }

  private void finishEpoch() {
    long started = System.nanoTime();
    int epoch = state.epochsDone() + 1;
    EpochPosition position = state.position();
    EpochMetrics plain =
        new EpochMetrics(
            epoch,
            position.meanLoss(),
            accuracyAfter(epoch),
            OptimizerSettings.learningRate(network, Networks.iterations(network) - 1),
            train.totalExamples() / position.seconds(),
            QuantizerView.of(network));
    EpochMetrics metrics =
        running.afterEpoch(plain).withSeconds(position.seconds() + seconds(started));
    state = state.after(metrics.testAccuracy(), metrics.seconds());
    plan.observer.onEpoch(metrics);
    write();
  }

  /** The test accuracy of the network as it is. */
  double accuracyAfter(int epoch) {
    running.beforeEvaluation(epoch);
    return Accuracy.of(network, plan.test);
  }

  private void write() {
    if (lastStep != null) {
      plan.guard.requireFinite(lastStep);
    }
    if (folder.isPresent()) {
      folder.get().write(checkpoint());
    }
    lastWritten = System.nanoTime();
  }

  private void stopIfAsked() {
    String reason = plan.stop.reason().orElse(null);
    if (reason == null) {
      return;
    }
    write();
    throw new TrainingStoppedException(
        String.format(
            "Stopped by %s after %d of %d batches of epoch %d%s",
            reason,
            state.position().batches(),
            train.batches(),
            state.epochsDone() + 1,
            folder.isPresent() ? "; the checkpoint is written" : ""));
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }
}
