package org.lsq4j.experiment;

import java.nio.file.Path;
import org.lsq4j.training.distillation.DistillationLoss;

/**
 * Learning from another network beside the labels. Fields are null where nothing is said.
 *
 * @param teacher {@code float} (the experiment's float network), {@code none}, or a model file
 * @param temperature that softens both networks' probabilities; 1 by default
 * @param weight of the teacher; 0.5 by default
 * @param labelWeight of the labels; 1 - weight by default
 */
public record DistillationConfig(
    String teacher, Double temperature, Double weight, Double labelWeight) {

  private static final String NONE = "none";
  private static final double DEFAULT_WEIGHT = 0.5;

  /** Whether there is a teacher. */
  public boolean hasTeacher() {
    return teacher != null && !teacher.equals(NONE);
  }

  /** Whether the teacher is the experiment's float network. */
  public boolean hasFloatTeacher() {
    return ExperimentConfig.FLOAT.equals(teacher);
  }

  /** The teacher's file; only if there is one. */
  Path teacherFile() {
    return Path.of(teacher);
  }

  void check() {
    if (teacher == null && (temperature != null || weight != null || labelWeight != null)) {
      throw new IllegalArgumentException(
          "teacher: is missing; it must be float, none or a model file");
    }
    toLoss();
  }

  /** The loss, also if there is no teacher. */
  public DistillationLoss toLoss() {
    double teacherWeight = weight == null ? DEFAULT_WEIGHT : weight;
    if (labelWeight == null && !(teacherWeight >= 0 && teacherWeight <= 1)) {
      throw new IllegalArgumentException(
          "weight: must be 0 to 1, or more with a labelWeight, got " + teacherWeight);
    }
    return new DistillationLoss(
        temperature == null ? 1 : temperature,
        labelWeight == null ? 1 - teacherWeight : labelWeight,
        teacherWeight);
  }
}
