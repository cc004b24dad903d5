package org.lsq4j.training;

import org.nd4j.linalg.schedule.ISchedule;

/**
 * Cosine decay to 0 without restarts: lr(i) = initial (1 + cos(pi i / iterations)) / 2.
 *
 * @param initial learning rate at iteration 0
 * @param iterations number of iterations until 0; later ones stay at 0
 */
public record CosineSchedule(double initial, int iterations) implements ISchedule {

  private static final long serialVersionUID = 1L;

  /** Refuses schedules without an iteration. */
  public CosineSchedule {
    if (iterations < 1) {
      throw new IllegalArgumentException("iterations: must be at least 1, got " + iterations);
    }
  }

  @Override
  public double valueAt(int iteration, int epoch) {
    double progress = Math.min(1.0, (double) iteration / iterations);
    return initial * (1 + Math.cos(Math.PI * progress)) / 2;
  }

  @Override
  @SuppressWarnings("MethodDoesntCallSuperMethod")
  public ISchedule clone() {
    return this;
  }
}
