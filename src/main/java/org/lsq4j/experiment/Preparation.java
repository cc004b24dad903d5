package org.lsq4j.experiment;

import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.data.ImageData;
import org.lsq4j.network.Networks;

/**
 * All of an experiment that is known before its first file is written, checked.
 *
 * @param config the configuration, complete
 * @param data its images
 * @param start the float network
 */
record Preparation(ExperimentConfig config, ExperimentData data, FloatNetwork start) {

  /**
   * Reads the data, makes the networks, and tries what could fail for want of fitting together.
   *
   * @throws ConfigException if something asked for cannot be done
   */
  static Preparation of(ExperimentConfig asked) {
    EngineChoice.use(asked.engine());
    ImageData images = asked.data().load();
    FloatNetwork start = FloatNetwork.of(asked, images);
    ExperimentConfig config = asked.withFormat(start.format());
    ExperimentData data = ExperimentData.of(config, images, start.format());
    Preparation preparation = new Preparation(config, data, start);
    preparation.check();
    return preparation;
  }

  /** The float network. */
  NeuralNetwork network() {
    return start.network();
  }

  private void check() {
    try {
      data.training(config.floatTraining().batch());
    } catch (IllegalArgumentException e) {
      throw new ConfigException("data.augmentation." + e.getMessage(), e);
    }
    Stream.concat(
            Stream.of(config.floatTraining()), config.runs().stream().map(RunConfig::training))
        .filter(TrainingConfig::hasEpochs)
        .forEach(this::requireCountable);
    config.runs().forEach(run -> Conversion.of(config, run, network()));
    new StageExtensions(config, data).check(network());
  }

  /** DL4J counts updates in an int. */
  private void requireCountable(TrainingConfig training) {
    long updates = (long) training.epochs() * data.training(training.batch()).batches();
    if (updates > Integer.MAX_VALUE) {
      throw new ConfigException(
          String.format(
              Locale.ROOT,
              "epochs: %,d epochs are %,d updates, more than can be counted (%,d)",
              training.epochs(),
              updates,
              Integer.MAX_VALUE));
    }
  }

  /**
   * What is about to be done.
   *
   * @param folder where results are written
   */
  ExperimentObserver.Start description(Path folder) {
    ImageData images = data.images();
    String dataText =
        String.format(
            Locale.ROOT,
            "%s: %,d training and %,d test images of %s, %d classes",
            images.name(),
            images.train().count(),
            images.test().count(),
            images.shape(),
            images.classCount());
    NetworkConfig source = config.network();
    String networkText =
        String.format(
            Locale.ROOT,
            "%s, %s, %,d parameters",
            source.model() == null ? source.architecture() : source.model(),
            start.format(),
            Networks.parameterCount(network()));
    return new ExperimentObserver.Start(
        config, ComputeEngines.current().description(), dataText, networkText, folder);
  }
}
