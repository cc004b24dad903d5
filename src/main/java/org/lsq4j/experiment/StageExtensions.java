package org.lsq4j.experiment;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.training.BatchNormEstimation;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.LabelSmoothing;
import org.lsq4j.training.OutputLoss;
import org.lsq4j.training.TrainingExtension;
import org.lsq4j.training.WeightAverage;
import org.lsq4j.training.distillation.Distillation;
import org.lsq4j.training.distillation.Teacher;
import org.lsq4j.training.oscillation.OscillationControl;

/** What takes part in the trainings of an experiment, as its configuration says. */
record StageExtensions(ExperimentConfig config, ExperimentData data) {

  /**
   * The extensions of a stage, in the order in which they work: labels are smoothed before the
   * teacher's probabilities join them, and weights are held before they are averaged.
   */
  List<TrainingExtension> of(TrainingConfig training, NeuralNetwork floatNetwork) {
    List<TrainingExtension> extensions = new ArrayList<>();
    if (training.labelSmoothing() != 0) {
      extensions.add(new LabelSmoothing(training.labelSmoothing()));
    }
    if (training.distillation().hasTeacher()) {
      extensions.add(
          new Distillation(
              teacher(training.distillation(), floatNetwork), training.distillation().toLoss()));
    }
    if (training.oscillation().hasEffect()) {
      extensions.add(new OscillationControl(training.oscillation().toSettings()));
    }
    if (training.ema() != null) {
      extensions.add(new WeightAverage(training.ema()));
    }
    if (training.batchNormBatches() > 0) {
      extensions.add(
          new BatchNormEstimation(data.training(training.batch()), training.batchNormBatches()));
    }
    return extensions;
  }

  private Teacher teacher(DistillationConfig distillation, NeuralNetwork floatNetwork) {
    if (distillation.hasFloatTeacher()) {
      return Teacher.of(floatNetwork);
    }
    String file = distillation.teacher();
    Checkpoint saved = Checkpoint.read(distillation.teacherFile());
    return TeacherFile.teacher(file, saved, data);
  }

  /**
   * Tries what takes part, before anything is written.
   *
   * @param network the float network, which all networks of the experiment are made of
   * @throws ConfigException if a teacher does not fit the data, or the network cannot learn from it
   */
  void check(NeuralNetwork network) {
    List<TrainingConfig> trainings =
        Stream.concat(
                Stream.of(config.floatTraining()).filter(TrainingConfig::hasEpochs),
                config.runs().stream().map(RunConfig::training))
            .toList();
    for (TrainingConfig training : trainings) {
      if (training.labelSmoothing() != 0) {
        checkLoss("labelSmoothing", network);
      }
      if (training.distillation().hasTeacher()) {
        checkLoss("distillation", network);
      }
    }
    trainings.stream()
        .map(TrainingConfig::distillation)
        .filter(DistillationConfig::hasTeacher)
        .distinct()
        .forEach(distillation -> checkTeacher(distillation, network));
  }

  private static void checkLoss(String key, NeuralNetwork network) {
    try {
      OutputLoss.of(network);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(key + ": " + e.getMessage(), e);
    }
  }

  private void checkTeacher(DistillationConfig distillation, NeuralNetwork network) {
    try {
      teacher(distillation, network)
          .requireFits(data.evaluation().next(1).getFeatures(), data.images().classCount());
    } catch (IllegalArgumentException e) {
      throw new ConfigException(
          "distillation.teacher " + distillation.teacher() + ": " + e.getMessage(), e);
    }
  }
}
