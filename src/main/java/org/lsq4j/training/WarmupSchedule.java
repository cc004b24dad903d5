package org.lsq4j.training;

import org.nd4j.linalg.schedule.ISchedule;

/**
 * Rises linearly to another schedule: in iteration i of the first n its value times (i + 1) / n.
 * DL4J's RampSchedule does the same but cannot be read back from a model file.
 *
 * @param after the schedule that is risen to
 * @param iterations length of the rise, more than 0
 */
public record WarmupSchedule(ISchedule after, double iterations) implements ISchedule {

  private static final long serialVersionUID = 1L;

  /** Refuses a warm-up of no length. */
  public WarmupSchedule {
    if (!(iterations > 0)) {
      throw new IllegalArgumentException("iterations: must be more than 0, got " + iterations);
    }
  }

  @Override
  public double valueAt(int iteration, int epoch) {
    double share = Math.min(1.0, (iteration + 1.0) / iterations);
    return share * after.valueAt(iteration, epoch);
  }

  @Override
  @SuppressWarnings("MethodDoesntCallSuperMethod")
  public ISchedule clone() {
    return new WarmupSchedule(after.clone(), iterations);
  }
}
