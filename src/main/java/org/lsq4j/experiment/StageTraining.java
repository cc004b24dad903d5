package org.lsq4j.experiment;

import java.nio.file.Path;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.QuantizerHealth;
import org.lsq4j.training.StopRequest;
import org.lsq4j.training.Trainer;
import org.lsq4j.training.observation.QuantizerRecorder;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Trains the networks of an experiment's stages, with all that takes part.
 *
 * @param config of the experiment
 * @param data of the experiment
 * @param root the run's folder
 * @param observer of the experiment
 * @param stop asks for the end
 */
record StageTraining(
    ExperimentConfig config,
    ExperimentData data,
    Path root,
    ExperimentObserver observer,
    StopRequest stop) {

  /**
   * What is trained.
   *
   * @param training how
   * @param network the stage's network
   * @param floatNetwork the experiment's float network, a teacher if one is wanted
   * @param prepare makes the network ready for its first update, from the parameters it has now
   */
  record Task(
      TrainingConfig training,
      NeuralNetwork network,
      NeuralNetwork floatNetwork,
      Runnable prepare) {}

  /** Trains, or goes on with an interrupted training. */
  Checkpoint run(Task task, StageLog log) {
    INDArray first = ((Model) task.network).params().dup();
    return new GuardedTraining(task.training.guard(), log)
        .run(
            rateFactor -> trainer(task, log, rateFactor),
            () -> {
              ((Model) task.network).params().assign(first);
              task.prepare.run();
              return task.network;
            });
  }

  private Trainer trainer(Task task, StageLog log, double rateFactor) {
    TrainingConfig training = task.training;
    OriginCheck origin = new OriginCheck(config, data, root, observer::onWarning);
    Trainer.Builder trainer =
        Trainer.builder(
                training.toSettings(config.seed()).withRateTimes(rateFactor),
                data.training(training.batch()),
                data.evaluation())
            .checkpoints(log.folder())
            .card(data.card())
            .observer(log)
            .schedule(training.checkpoint().toSchedule())
            .origin(origin.origin())
            .resumeCheck(origin::check)
            .stop(stop);
    new StageExtensions(config, data).of(training, task.floatNetwork).forEach(trainer::extension);
    if (!log.stage().equals(ExperimentConfig.FLOAT)) {
      trainer.extension(new QuantizerHealth(data.evaluation()));
    }
    // The last: it sees the parameters as the others leave them.
    trainer.extension(new QuantizerRecorder(data.sampleFeatures(), log.observations()::add));
    observer.watchers(log.stage()).forEach(trainer::extension);
    return trainer.build();
  }
}
