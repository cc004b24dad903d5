package org.lsq4j.training;

import java.util.Objects;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/**
 * A learning rate over a training.
 *
 * @param initial the rate after warm-up, more than 0
 * @param schedule how it changes
 * @param warmupEpochs epochs over which it rises linearly from 0 first; 0 for none
 * @param stepFactor factor of each step of a {@link ScheduleKind#STEP} schedule
 * @param stepEpochs epochs between its steps
 */
public record LearningRate(
    double initial, ScheduleKind schedule, double warmupEpochs, double stepFactor, int stepEpochs) {

  /** Checks the ranges. */
  public LearningRate {
    Objects.requireNonNull(schedule, "schedule");
    if (!(initial > 0) || Double.isInfinite(initial)) {
      throw new IllegalArgumentException("learningRate: must be more than 0, got " + initial);
    }
    if (!(warmupEpochs >= 0)) {
      throw new IllegalArgumentException("warmupEpochs: must be 0 or more, got " + warmupEpochs);
    }
    if (!(stepFactor > 0 && stepFactor <= 1)) {
      throw new IllegalArgumentException("stepFactor: must be in 0 to 1, got " + stepFactor);
    }
    if (stepEpochs < 1) {
      throw new IllegalArgumentException("stepEpochs: must be 1 or more, got " + stepEpochs);
    }
  }

  /** Cosine decay from a rate, without warm-up. */
  public static LearningRate cosine(double initial) {
    return new LearningRate(initial, ScheduleKind.COSINE, 0, 0.1, 1);
  }

  /** The same schedule at another height. */
  public LearningRate times(double factor) {
    return new LearningRate(initial * factor, schedule, warmupEpochs, stepFactor, stepEpochs);
  }

  /** As DL4J's schedule by iteration. */
  ISchedule toSchedule(int epochs, int batchesPerEpoch) {
    ISchedule base =
        switch (schedule) {
          case COSINE -> new CosineSchedule(initial, Math.max(1, epochs * batchesPerEpoch));
          case STEP ->
              new StepSchedule(
                  ScheduleType.ITERATION,
                  initial,
                  stepFactor,
                  (double) stepEpochs * batchesPerEpoch);
          case CONSTANT -> new FixedSchedule(initial);
        };
    return warmupEpochs == 0 ? base : new WarmupSchedule(base, warmupEpochs * batchesPerEpoch);
  }
}
