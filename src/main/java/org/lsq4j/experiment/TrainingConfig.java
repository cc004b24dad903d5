package org.lsq4j.experiment;

import java.util.OptionalDouble;
import org.lsq4j.training.LabelSmoothing;
import org.lsq4j.training.LearningRate;
import org.lsq4j.training.OptimizerKind;
import org.lsq4j.training.OptimizerSettings;
import org.lsq4j.training.ScheduleKind;
import org.lsq4j.training.TrainingSettings;
import org.lsq4j.training.WeightAverage;

/**
 * How a network is trained. Fields are null where the file says nothing, until the defaults are
 * filled in.
 *
 * @param epochs passes over the training images; 0 trains nothing: the float network stays as it
 *     is, a quantized one is only calibrated
 * @param batch images in an update
 * @param optimizer {@code sgd} (Nesterov momentum) or {@code adam}
 * @param learningRate of weights, after warm-up
 * @param schedule {@code cosine} (to 0), {@code step} or {@code constant}
 * @param warmupEpochs epochs over which the rate rises from 0 first
 * @param stepFactor the step schedule multiplies the rate by this
 * @param stepEpochs every so many epochs
 * @param momentum of sgd
 * @param weightDecay on weights; by default 1e-4, but 0.5e-4 for 3-bit and 0.25e-4 for 2-bit
 *     weights
 * @param stepRate learning rate of step sizes and offsets as a multiple of the weights'
 * @param batchNormBatches training batches, augmented, that the statistics of batch norms are
 *     estimated on before each evaluation; 0 leaves the moving averages
 * @param labelSmoothing share of a label that is spread over all classes; 0 for none
 * @param ema decay of an average of the weights that is kept beside them; null for none
 * @param distillation learning from another network
 * @param oscillation what is done about oscillating weights
 * @param checkpoint when checkpoints are written within epochs, and how many are kept
 * @param guard what happens when the training diverges
 */
public record TrainingConfig(
    Integer epochs,
    Integer batch,
    OptimizerKind optimizer,
    Double learningRate,
    ScheduleKind schedule,
    Double warmupEpochs,
    Double stepFactor,
    Integer stepEpochs,
    Double momentum,
    Double weightDecay,
    Double stepRate,
    Integer batchNormBatches,
    Double labelSmoothing,
    Double ema,
    DistillationConfig distillation,
    OscillationConfig oscillation,
    CheckpointConfig checkpoint,
    GuardConfig guard) {

  /** Whether there is anything to train. */
  public boolean hasEpochs() {
    return epochs != null && epochs != 0;
  }

  /**
   * Checks the values; without epochs those that only a training needs may be missing.
   *
   * @throws IllegalArgumentException likewise
   */
  void check(long seed) {
    Required.value("epochs", epochs);
    if (hasEpochs()) {
      toSettings(seed);
    } else {
      checkBatches();
    }
  }

  private void checkBatches() {
    if (batch < 1) {
      throw new IllegalArgumentException("batch: must be 1 or more, got " + batch);
    }
    if (batchNormBatches < 0) {
      throw new IllegalArgumentException(
          "batchNormBatches: must be 0 or more, got " + batchNormBatches);
    }
  }

  /**
   * The settings of a training.
   *
   * @throws IllegalArgumentException if a value is missing or out of range; the message starts with
   *     its key
   */
  TrainingSettings toSettings(long seed) {
    Required.value("epochs", epochs);
    Required.value("learningRate", learningRate);
    checkBatches();
    checkExtensions();
    LearningRate rate =
        new LearningRate(learningRate, schedule, warmupEpochs, stepFactor, stepEpochs);
    OptionalDouble decay =
        weightDecay == null ? OptionalDouble.empty() : OptionalDouble.of(weightDecay);
    return new TrainingSettings(
        epochs, new OptimizerSettings(optimizer, rate, stepRate, momentum, decay), seed);
  }

  private void checkExtensions() {
    if (labelSmoothing != 0) {
      LabelSmoothing.requireShare(labelSmoothing);
    }
    if (ema != null) {
      WeightAverage.requireDecay(ema);
    }
    At.key("distillation", distillation::check);
    At.key("oscillation", oscillation::check);
    At.key("checkpoint", checkpoint::toSchedule);
    At.key("guard", guard::check);
  }

  /** Refuses what only a quantized network can have. */
  void checkForFloat() {
    if (distillation.hasFloatTeacher()) {
      throw new IllegalArgumentException(
          "distillation.teacher: the float network cannot teach itself; give a model file");
    }
    if (oscillation.hasEffect()) {
      throw new IllegalArgumentException(
          "oscillation.method: the float network has no codes that could oscillate; set it in"
              + " 'training'");
    }
  }
}
