package org.lsq4j.experiment;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.data.ImageSet;
import org.lsq4j.data.ImageShape;
import org.lsq4j.data.Normalization;
import org.lsq4j.network.Networks;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.ModelCard;

/** A saved model of any kind that tells by itself how to feed it. */
interface Classifier {

  /** Size of its images. */
  ImageShape shape();

  /** Names of its classes. */
  List<String> classNames();

  /**
   * The network's output for one image.
   *
   * @param pixels raw values in HWC order
   */
  float[] scores(float[] pixels);

  /**
   * Reads a model.
   *
   * @throws ConfigException if it does not say how its images are scaled
   */
  static Classifier read(Path file) {
    return DeployedModel.isFor(file) ? deployed(file) : network(file);
  }

  private static Classifier deployed(Path file) {
    DeployedModel model = DeployedModel.read(file, 1);
    Normalization normalization =
        DeployedModels.normalization(model.info()).orElseThrow(() -> unknownScaling(file));
    return new Classifier() {
      @Override
      public ImageShape shape() {
        return DeployedModels.imageShape(model.inputShape());
      }

      @Override
      public List<String> classNames() {
        List<String> names = model.info().classNames();
        return names.isEmpty() ? numbers(model.outputShape().size()) : names;
      }

      @Override
      public float[] scores(float[] pixels) {
        float[] inputs = pixels.clone();
        normalization.apply(inputs, 0, inputs.length);
        float[] outputs = new float[model.outputShape().size()];
        model.predict(inputs, 1, outputs);
        return outputs;
      }
    };
  }

  private static List<String> numbers(int count) {
    return IntStream.range(0, count).mapToObj(Integer::toString).toList();
  }

  private static Classifier network(Path file) {
    Checkpoint model = Checkpoint.read(file);
    ModelCard card = model.card().orElseThrow(() -> unknownScaling(file));
    return new Classifier() {
      @Override
      public ImageShape shape() {
        return card.shape();
      }

      @Override
      public List<String> classNames() {
        return card.classNames();
      }

      @Override
      public float[] scores(float[] pixels) {
        ImageSet image = ImageSet.ofFloats(card.shape(), pixels, new int[] {0});
        CNN2DFormat format = card.format();
        ImageBatches batch =
            ImageBatches.builder(image, card.classNames())
                .normalization(card.normalization())
                .format(format)
                .build();
        return Networks.output(model.network(), batch.next().getFeatures())
            .dup('c')
            .data()
            .asFloat();
      }
    };
  }

  private static ConfigException unknownScaling(Path file) {
    return new ConfigException(
        file + ": the file does not say how pixels are scaled; LSQ4J's own models do");
  }
}
