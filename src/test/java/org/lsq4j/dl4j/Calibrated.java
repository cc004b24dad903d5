package org.lsq4j.dl4j;

import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.training.OptimizerSettings;
import org.lsq4j.training.Trainer;
import org.lsq4j.training.TrainingRuns;
import org.lsq4j.training.TrainingSettings;

/** Quantized networks that DL4J's tools are tried on: trained in float, calibrated, 2 bits. */
final class Calibrated {

  static final int IMAGES = 1000;
  static final int BATCHES = 20;
  static final int TEST_IMAGES = 500;
  private static final int BITS = 2;
  private static final double LEARNING_RATE = 0.01;

  private static final MultiLayerNetwork FLOAT = trainedFloat();

  private Calibrated() {}

  private static MultiLayerNetwork trainedFloat() {
    MultiLayerNetwork network = TrainingRuns.floatNetwork();
    Trainer.builder(
            new TrainingSettings(2, OptimizerSettings.sgd(0.05), 1),
            MiniFashion.training(2 * IMAGES),
            MiniFashion.evaluation(TEST_IMAGES))
        .build()
        .train(network);
    return network;
  }

  /** A chain of layers, with updaters for so many updates. */
  static MultiLayerNetwork chain(int updates) {
    return forUpdates(TrainingRuns.quantized(FLOAT, BITS), updates);
  }

  /** The same network as a graph. */
  static ComputationGraph graph(int updates) {
    return forUpdates(TrainingRuns.quantized(FLOAT, BITS).toComputationGraph(), updates);
  }

  private static <N extends NeuralNetwork> N forUpdates(N network, int updates) {
    OptimizerSettings.sgd(LEARNING_RATE).applyTo(network, 1, updates);
    return network;
  }

  static ImageBatches training() {
    return MiniFashion.training(IMAGES);
  }

  static ImageBatches test() {
    return MiniFashion.evaluation(TEST_IMAGES);
  }
}
