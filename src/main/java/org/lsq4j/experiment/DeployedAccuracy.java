package org.lsq4j.experiment;

import org.lsq4j.data.ImageSet;
import org.lsq4j.data.Normalization;
import org.lsq4j.deploy.runtime.IntegerModel;

/** Top-1 accuracy of an exported model. */
final class DeployedAccuracy {

  private DeployedAccuracy() {}

  /** Share of correct predictions, 0 to 1, computed in batches. */
  static double of(DeployedModel model, ImageSet images, Normalization normalization, int batch) {
    int size = model.inputShape().size();
    int classes = model.outputShape().size();
    float[] inputs = new float[batch * size];
    float[] outputs = new float[batch * classes];
    int correct = 0;
    for (int first = 0; first < images.count(); first += batch) {
      int count = Math.min(batch, images.count() - first);
      for (int i = 0; i < count; i++) {
        images.copyPixels(first + i, inputs, i * size);
      }
      normalization.apply(inputs, 0, count * size);
      model.predict(inputs, count, outputs);
      for (int i = 0; i < count; i++) {
        int predicted = IntegerModel.argMax(outputs, i * classes, classes);
        correct += predicted == images.label(first + i) ? 1 : 0;
      }
    }
    return (double) correct / images.count();
  }
}
