package org.lsq4j.experiment;

import java.util.Optional;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.lsq4j.data.ImageData;
import org.lsq4j.data.ImageShape;
import org.lsq4j.network.FastNetwork;
import org.lsq4j.network.Networks;
import org.lsq4j.network.ReferenceNetwork;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.ModelCard;

/**
 * The network an experiment starts from, checked against the images.
 *
 * @param network the network, not yet trained by this experiment
 * @param format order of a batch's axes it takes
 */
record FloatNetwork(NeuralNetwork network, CNN2DFormat format) {

  /**
   * Makes or reads the network.
   *
   * @throws ConfigException if the images do not fit it
   */
  static FloatNetwork of(ExperimentConfig config, ImageData images) {
    NetworkConfig wanted = config.network();
    return wanted.model() == null
        ? built(wanted, images, config.seed())
        : of(Checkpoint.read(wanted.modelFile()), wanted.model(), config, images);
  }

  private static FloatNetwork built(NetworkConfig wanted, ImageData images, long seed) {
    CNN2DFormat format = wanted.format() == null ? CNN2DFormat.NHWC : wanted.format();
    ImageShape shape = images.shape();
    InputType input =
        InputType.convolutional(shape.height(), shape.width(), shape.channels(), format);
    try {
      ReferenceNetwork architecture = ReferenceNetwork.named(wanted.architecture());
      return new FloatNetwork(architecture.create(input, images.classCount(), seed), format);
    } catch (IllegalArgumentException e) {
      String reason = e.getMessage().lines().findFirst().orElse("");
      throw new ConfigException("network.architecture: " + reason, e);
    }
  }

  /**
   * Takes a network from a file that was read, as {@link FastNetwork}.
   *
   * @param source the file, for messages
   * @throws ConfigException if the images do not fit it
   */
  static FloatNetwork of(
      Checkpoint model, String source, ExperimentConfig config, ImageData images) {
    CNN2DFormat format =
        Optional.ofNullable(config.network().format())
            .or(() -> model.card().map(ModelCard::format))
            .orElseGet(() -> formatOf(model.network()));
    ModelFit.check(source, model, new ModelFit.Images(images, format));
    return new FloatNetwork(FastNetwork.of(model.network()), format);
  }

  /** The format of the first convolution. */
  static CNN2DFormat formatOf(NeuralNetwork network) {
    return Networks.layers(network).stream()
        .map(Layer::conf)
        .map(conf -> conf.getLayer())
        .filter(ConvolutionLayer.class::isInstance)
        .map(layer -> ((ConvolutionLayer) layer).getCnn2dDataFormat())
        .findFirst()
        .orElse(CNN2DFormat.NCHW);
  }
}
