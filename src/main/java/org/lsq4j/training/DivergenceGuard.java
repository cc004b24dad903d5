package org.lsq4j.training;

import java.util.Locale;
import java.util.Optional;
import org.lsq4j.network.Networks;
import org.lsq4j.training.HealthyValues.Scope;

/**
 * Ends a training when a loss, gradient or parameter is no longer finite, or the loss has exploded,
 * and names the place and what was there before.
 *
 * <p>The loss, step sizes, offsets and their gradients are looked at in every step, which costs
 * almost nothing; all parameters and gradients every {@link #INTERVAL} steps and at the end of an
 * epoch, before its checkpoint is written.
 */
final class DivergenceGuard implements TrainingExtension {

  static final int INTERVAL = 50;

  /**
   * From a loss that has grown so much no training comes back, though it may stay finite for long:
   * behind quantizers whose codes are all equal, batch norms divide by the root of epsilon.
   */
  private static final double LARGEST_GROWTH = 1e5;

  private TrainingRun run;
  private HealthyValues values;
  private Optional<String> brokenGradient = Optional.empty();
  private String healthyLoss = "";
  private double largestLoss;

  @Override
  public String name() {
    return "divergence-guard";
  }

  @Override
  public void start(TrainingRun newRun) {
    run = newRun;
    values = new HealthyValues(run.network());
    brokenGradient = Optional.empty();
    values.rememberFinite(iterations());
    largestLoss = Double.NaN;
    healthyLoss = "no loss since iteration " + iterations() + " was finite";
  }

  @Override
  public void onGradients(StepGradients gradients) {
    Scope scope = (iterations() + 1) % INTERVAL == 0 ? Scope.ALL : Scope.STEPS;
    brokenGradient = values.brokenGradient(scope, gradients);
  }

  private int iterations() {
    return Networks.iterations(run.network());
  }

  @Override
  public void afterStep(BatchProgress step) {
    // The last update of an epoch may have broken a parameter that no loss has met yet.
    boolean looksAtAll = step.batch() == step.batches() || iterations() % INTERVAL == 0;
    Scope scope = looksAtAll ? Scope.ALL : Scope.STEPS;
    if (!isHealthy(step.loss())
        || brokenGradient.isPresent()
        || values.brokenParameter(scope).isPresent()) {
      throw diverged(step);
    }
    if (looksAtAll) {
      values.remember(Scope.ALL, iterations());
    }
    rememberSteps(step);
  }

  private boolean isHealthy(double loss) {
    if (Double.isNaN(largestLoss)) {
      // Of a network that has learnt already, the first loss may be next to nothing.
      largestLoss = LARGEST_GROWTH * Math.max(1, loss);
    }
    return loss <= largestLoss && Double.isFinite(loss);
  }

  private void rememberSteps(BatchProgress step) {
    values.remember(Scope.STEPS, iterations());
    healthyLoss =
        String.format(
            Locale.ROOT,
            "the last healthy loss was %.4f in iteration %d",
            step.loss(),
            iterations());
  }

  /** Keeps a network whose last update broke it from being written before a loss shows it. */
  void requireFinite(BatchProgress step) {
    if (values.brokenParameter(Scope.ALL).isPresent()) {
      throw diverged(step);
    }
  }

  /** What a failed step says: a layer may find a broken parameter before a loss shows it. */
  RuntimeException explain(IllegalStateException failure, BatchProgress step) {
    if (values.brokenParameter(Scope.ALL).isEmpty()) {
      return failure;
    }
    TrainingDivergedException error = diverged(step);
    error.initCause(failure);
    return error;
  }

  private String limitPassedBy(double loss) {
    return Double.isFinite(loss)
        ? String.format(
            Locale.ROOT,
            ", but a loss above %.4g, %,.0f times the first one (or 1), does not come back",
            largestLoss,
            LARGEST_GROWTH)
        : "";
  }

  private TrainingDivergedException diverged(BatchProgress step) {
    String kept =
        run.folder()
            .flatMap(CheckpointFolder::newestFile)
            .map(file -> "; the last good network is " + file)
            .orElse("");
    String place =
        brokenGradient
            .or(() -> values.brokenParameter(Scope.ALL))
            .orElseGet(() -> "all parameters are still finite" + limitPassedBy(step.loss()));
    return new TrainingDivergedException(
        String.format(
            Locale.ROOT,
            "Training diverged: loss %s in epoch %d, iteration %d; %s; %s. Lower the learning"
                + " rate%s",
            step.loss(),
            step.epoch(),
            iterations(),
            place,
            healthyLoss,
            kept),
        step.epoch(),
        iterations());
  }
}
