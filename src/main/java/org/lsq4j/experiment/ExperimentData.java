package org.lsq4j.experiment;

import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.data.Augmentation;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.data.ImageData;
import org.lsq4j.data.Normalization;
import org.lsq4j.data.SampleOrder;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.ModelCard;
import org.lsq4j.training.TrainingState;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Loaded data and how batches are made of it.
 *
 * @param images the images
 * @param normalization found on the training images
 * @param augmentation of training images
 * @param format order of a batch's axes
 * @param seed of order and augmentation
 */
record ExperimentData(
    ImageData images,
    Normalization normalization,
    Augmentation augmentation,
    CNN2DFormat format,
    long seed) {

  /** Images in a batch that is evaluated; larger ones gain no speed. */
  static final int EVALUATION_BATCH = 256;

  private static final int SAMPLE = 64;

  static ExperimentData of(ExperimentConfig config, ImageData images, CNN2DFormat format) {
    return new ExperimentData(
        images,
        Normalization.of(images.train(), config.data().normalization()),
        config.data().augmentation().toAugmentation(),
        format,
        config.seed());
  }

  /** Shuffled, augmented training batches. */
  ImageBatches training(int batch) {
    return ImageBatches.training(images)
        .batchSize(batch)
        .normalization(normalization)
        .augmentation(augmentation)
        .format(format)
        .seed(seed)
        .build();
  }

  /** Shuffled training batches without augmentation. */
  ImageBatches calibration(int batch) {
    return ImageBatches.builder(images.train(), images.classNames())
        .order(SampleOrder.SHUFFLED)
        .batchSize(batch)
        .normalization(normalization)
        .format(format)
        .seed(seed)
        .build();
  }

  /** Test batches. */
  ImageBatches evaluation() {
    return ImageBatches.evaluation(images)
        .batchSize(EVALUATION_BATCH)
        .normalization(normalization)
        .format(format)
        .build();
  }

  /** The first test images, on which what reaches quantizers is looked at for reports. */
  INDArray sampleFeatures() {
    return evaluation().next(SAMPLE).getFeatures();
  }

  /** The result of a stage that trains nothing. */
  Checkpoint untrained(NeuralNetwork network, double accuracy) {
    TrainingState state = new TrainingState(0, 0, 0, 0, List.of(accuracy));
    return new Checkpoint(network, state, Optional.of(card()));
  }

  /** What a model trained on this data must know of it. */
  ModelCard card() {
    return new ModelCard(images.name(), images.classNames(), images.shape(), format, normalization);
  }
}
