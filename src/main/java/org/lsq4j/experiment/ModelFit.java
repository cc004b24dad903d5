package org.lsq4j.experiment;

import java.util.Optional;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.data.ImageData;
import org.lsq4j.data.ImageShape;
import org.lsq4j.network.Networks;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.ModelCard;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Checks that images fit a model from a file, before hours are spent on it. */
final class ModelFit {

  private ModelFit() {}

  /**
   * Images and the order of the axes in which the model gets them.
   *
   * @param data the images
   * @param format order of a batch's axes
   */
  record Images(ImageData data, CNN2DFormat format) {
    @Override
    public String toString() {
      return "images of " + data.name() + " are " + data.shape();
    }
  }

  /**
   * Checks shapes and number of classes.
   *
   * @param source file of the model, for messages
   * @throws ConfigException if the images do not fit; the message has both shapes
   */
  static void check(String source, Checkpoint model, Images images) {
    Optional<ImageShape> expected = model.card().map(ModelCard::shape);
    if (expected.isPresent() && !expected.get().equals(images.data.shape())) {
      throw new ConfigException(
          source + ": the model takes images of " + expected.get() + ", but " + images);
    }
    checkChannels(source, model.network(), images);
    long outputs = outputs(source, model.network(), images);
    if (outputs != images.data.classCount()) {
      throw new ConfigException(
          String.format(
              "%s: the model tells %d classes apart, but %s has %d",
              source, outputs, images.data.name(), images.data.classCount()));
    }
  }

  private static void checkChannels(String source, NeuralNetwork network, Images images) {
    Layer first = Networks.layers(network).get(0).conf().getLayer();
    int channels = images.data.shape().channels();
    if (first instanceof ConvolutionLayer convolution && convolution.getNIn() != channels) {
      throw new ConfigException(
          String.format(
              "%s: the model's first layer %s takes images of %d channels, but %s",
              source, first.getLayerName(), convolution.getNIn(), images));
    }
  }

  /** Computes one image, which shows every other contradiction. */
  private static long outputs(String source, NeuralNetwork network, Images images) {
    ImageBatches one =
        ImageBatches.builder(images.data.train().first(1), images.data.classNames())
            .format(images.format)
            .build();
    try {
      INDArray output = Networks.output(network, one.next().getFeatures());
      return output.rank() == 2 ? output.size(1) : 0;
    } catch (RuntimeException e) {
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new ConfigException(
          source + ": the model cannot take the data: " + images + "; " + reason, e);
    }
  }
}
