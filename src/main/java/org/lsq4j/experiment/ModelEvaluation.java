package org.lsq4j.experiment;

import java.nio.file.Path;
import java.util.Optional;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.data.Datasets;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.data.ImageData;
import org.lsq4j.data.ImageShape;
import org.lsq4j.data.Normalization;
import org.lsq4j.data.NormalizationKind;
import org.lsq4j.network.FastNetwork;
import org.lsq4j.training.Accuracy;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.ModelCard;

/**
 * How well a saved model does on test images.
 *
 * @param accuracy share of correct predictions, 0 to 1
 * @param images test images
 * @param seconds time it took
 */
public record ModelEvaluation(double accuracy, int images, double seconds) {

  /**
   * What to evaluate.
   *
   * @param model file of the model
   * @param data name of the data set
   * @param folder where fetched data sets lie
   * @param batch images computed at a time
   * @param normalization measured on the training images; empty for the one saved with the model
   */
  public record Request(
      Path model, String data, Path folder, int batch, Optional<NormalizationKind> normalization) {

    /** Checks the batch. */
    public Request {
      if (batch < 1) {
        throw new ConfigException("--batch: must be 1 or more, got " + batch);
      }
    }
  }

  /**
   * Evaluates a model.
   *
   * @throws ConfigException if the data does not fit the model
   */
  public static ModelEvaluation of(Request request) {
    return DeployedModel.isFor(request.model) ? ofDeployed(request) : ofNetwork(request);
  }

  private static ModelEvaluation ofDeployed(Request request) {
    try (DeployedModel model = DeployedModel.read(request.model, DeployedModels.threads())) {
      ImageData images = Datasets.load(request.data, request.folder);
      requireFit(
          request,
          DeployedModels.imageShape(model.inputShape()),
          model.outputShape().size(),
          images);
      Normalization normalization =
          normalization(
              request.model,
              DeployedModels.normalization(model.info()),
              request.normalization,
              images);
      long started = System.nanoTime();
      double accuracy = DeployedAccuracy.of(model, images.test(), normalization, request.batch);
      return new ModelEvaluation(
          accuracy, images.test().count(), (System.nanoTime() - started) / 1e9);
    }
  }

  static void requireFit(Request request, ImageShape expected, int outputs, ImageData images) {
    if (!expected.equals(images.shape())) {
      throw new ConfigException(
          String.format(
              "%s: the model takes images of %s, but images of %s are %s",
              request.model, expected, images.name(), images.shape()));
    }
    if (outputs != images.classCount()) {
      throw new ConfigException(
          String.format(
              "%s: the model tells %d classes apart, but %s has %d",
              request.model, outputs, images.name(), images.classCount()));
    }
  }

  private static ModelEvaluation ofNetwork(Request request) {
    Checkpoint model = Checkpoint.read(request.model);
    ImageData images = Datasets.load(request.data, request.folder);
    CNN2DFormat format =
        model.card().map(ModelCard::format).orElseGet(() -> FloatNetwork.formatOf(model.network()));
    Normalization normalization =
        normalization(
            request.model,
            model.card().map(ModelCard::normalization),
            request.normalization,
            images);
    ModelFit.check(request.model.toString(), model, new ModelFit.Images(images, format));
    ImageBatches test =
        ImageBatches.evaluation(images)
            .batchSize(request.batch)
            .normalization(normalization)
            .format(format)
            .build();
    long started = System.nanoTime();
    double accuracy = Accuracy.of(FastNetwork.of(model.network()), test);
    return new ModelEvaluation(
        accuracy, images.test().count(), (System.nanoTime() - started) / 1e9);
  }

  /**
   * How pixels are scaled: as asked for, else as the model says.
   *
   * @throws ConfigException if neither does
   */
  static Normalization normalization(
      Path file,
      Optional<Normalization> saved,
      Optional<NormalizationKind> asked,
      ImageData images) {
    return asked
        .map(kind -> Normalization.of(images.train(), kind))
        .or(() -> saved)
        .orElseThrow(
            () ->
                new ConfigException(
                    file + ": the file does not say how pixels are scaled; give --normalization"));
  }
}
