package org.lsq4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.lsq4j.data.Augmentation.Flip;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;

/** DL4J's own trainer on batches: epochs advance, runs repeat, reused memory does no harm. */
class ImageBatchesTrainingTest {
  private static final ImageData DATA =
      Datasets.load(Datasets.DEFAULT, Path.of("data")).limit(200, 50);

  @Test
  void everyFitIsAnEpoch() {
    ImageBatches batches = batches(BatchMemory.FRESH);
    network().fit(batches, 3);
    assertEquals(2, batches.epoch());
    assertEquals(batches.batches(), batches.nextBatch());
  }

  @Test
  void reusedMemoryTrainsTheSameNetwork() {
    assertEquals(trained(BatchMemory.FRESH), trained(BatchMemory.REUSED));
  }

  @Test
  void evaluationSeesEveryTestImage() {
    ImageBatches test =
        ImageBatches.evaluation(DATA)
            .batchSize(32)
            .normalization(normalization())
            .memory(BatchMemory.REUSED)
            .build();
    MultiLayerNetwork network = network();
    double accuracy = network.evaluate(test).accuracy();
    assertEquals(accuracy, network.evaluate(test).accuracy(), "a second evaluation");
    assertEquals(50, network.evaluate(test).getNumRowCounter());
  }

  private static INDArray trained(BatchMemory memory) {
    MultiLayerNetwork network = network();
    network.fit(batches(memory), 2);
    return network.params();
  }

  private static ImageBatches batches(BatchMemory memory) {
    return ImageBatches.training(DATA)
        .batchSize(32)
        .normalization(normalization())
        .augmentation(new Augmentation(2, Flip.HORIZONTAL))
        .memory(memory)
        .build();
  }

  private static Normalization normalization() {
    return Normalization.of(DATA.train(), NormalizationKind.STANDARDIZE);
  }

  private static MultiLayerNetwork network() {
    MultiLayerConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .updater(new Adam(1e-3))
            .list()
            .layer(
                new ConvolutionLayer.Builder(3, 3)
                    .nOut(4)
                    .stride(2, 2)
                    .activation(Activation.RELU)
                    .build())
            .layer(new OutputLayer.Builder().nOut(10).activation(Activation.SOFTMAX).build())
            .setInputType(InputType.convolutional(28, 28, 1, CNN2DFormat.NCHW))
            .build();
    MultiLayerNetwork network = new MultiLayerNetwork(configuration);
    network.init();
    return network;
  }
}
