package org.lsq4j.report.figures;

import java.nio.file.Path;
import org.lsq4j.data.Datasets;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.data.ImageData;
import org.lsq4j.network.LayerValues;
import org.lsq4j.report.ReportException;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.ModelCard;

/**
 * A layer of a saved model.
 *
 * @param model file of the model
 * @param layer name of the layer
 */
record ModelLayer(Path model, String layer) {

  // Enough images for any histogram.
  private static final int IMAGES = 128;

  double[] weights() {
    Checkpoint checkpoint = Checkpoint.read(model);
    return named(() -> LayerValues.weights(checkpoint.network(), layer));
  }

  /** What reaches the layer for test images of the data set that the model was trained on. */
  double[] input(Path datasets) {
    Checkpoint checkpoint = Checkpoint.read(model);
    ModelCard card =
        checkpoint
            .card()
            .orElseThrow(
                () ->
                    new ReportException(
                        model
                            + ": the file does not say which data the model takes, so only weights"
                            + " can be shown; write "
                            + model
                            + ":"
                            + layer));
    ImageData images = Datasets.load(card.dataset(), datasets);
    ImageBatches batch =
        ImageBatches.builder(images.test().first(IMAGES), images.classNames())
            .batchSize(IMAGES)
            .normalization(card.normalization())
            .format(card.format())
            .build();
    return named(() -> LayerValues.input(checkpoint.network(), layer, batch.next().getFeatures()));
  }

  private double[] named(java.util.function.Supplier<double[]> values) {
    try {
      return values.get();
    } catch (IllegalArgumentException e) {
      throw new ReportException(model + ": " + e.getMessage(), e);
    }
  }
}
