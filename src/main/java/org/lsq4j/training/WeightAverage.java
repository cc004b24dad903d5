package org.lsq4j.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.api.Model;
import org.lsq4j.network.Networks;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Keeps an exponential moving average of all parameters beside the training, which it does not
 * change: after update t
 *
 * <pre>
 *   average = d average + (1 - d) parameters,   d = min(decay, (1 + t) / (10 + t))
 * </pre>
 *
 * <p>Small d at the beginning let a short training forget where it came from. Step sizes, offsets
 * and the statistics of batch norms are averaged as well. After each epoch the averaged network is
 * evaluated and written to {@link #FILE}.
 */
public final class WeightAverage implements TrainingExtension {

  /** File of the averaged network after the last finished epoch. */
  public static final String FILE = "ema.zip";

  private final double decay;
  private TrainingRun run;
  private INDArray average;
  private INDArray scratch;

  /**
   * An average.
   *
   * @param decay more than 0 and below 1; it averages over about the last 1 / (1 - decay) updates
   */
  public WeightAverage(double decay) {
    requireDecay(decay);
    this.decay = decay;
  }

  /** Refuses what is no decay. */
  public static void requireDecay(double decay) {
    if (!(decay > 0 && decay < 1)) {
      throw new IllegalArgumentException("ema: must be more than 0 and below 1, got " + decay);
    }
  }

  @Override
  public String name() {
    return "ema";
  }

  @Override
  public void start(TrainingRun newRun) {
    run = newRun;
    average = parameters().dup();
    scratch = average.ulike();
  }

  private INDArray parameters() {
    return ((Model) run.network()).params();
  }

  @Override
  public void afterStep(BatchProgress step) {
    double updates = Networks.iterations(run.network());
    double d = Math.min(decay, (1 + updates) / (10 + updates));
    parameters().mul(1 - d, scratch);
    average.muli(d).addi(scratch);
  }

  @Override
  public EpochMetrics afterEpoch(EpochMetrics metrics) {
    scratch.assign(parameters());
    try {
      parameters().assign(average);
      double accuracy = run.evaluation().accuracyAfter(metrics.epoch());
      write(metrics.epoch(), accuracy);
      return metrics.withEmaAccuracy(accuracy);
    } finally {
      parameters().assign(scratch);
    }
  }

  private void write(int epoch, double accuracy) {
    TrainingState state = new TrainingState(epoch, 0, 0, 0, List.of(accuracy));
    Checkpoint averaged = new Checkpoint(run.network(), state, run.card());
    run.folder().ifPresent(folder -> averaged.write(folder.resolve(FILE)));
  }

  @Override
  public Optional<byte[]> state() {
    try {
      return Optional.of(Nd4j.toByteArray(average));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void restore(byte[] state) {
    INDArray saved = Nd4j.fromByteArray(state);
    if (saved.length() != average.length()) {
      throw new ResumeException(
          String.format(
              "Cannot resume: the saved average has %d parameters, the network %d",
              saved.length(), average.length()));
    }
    average.assign(saved);
  }
}
