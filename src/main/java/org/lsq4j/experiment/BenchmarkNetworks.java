package org.lsq4j.experiment;

import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.ReferenceNetwork;
import org.lsq4j.training.Calibration;
import org.lsq4j.training.OptimizerSettings;
import org.nd4j.linalg.api.environment.Nd4jEnvironment;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Makes networks to be measured, always the same ones.
 *
 * @param architecture of the networks
 * @param images that they are calibrated with
 */
record BenchmarkNetworks(ReferenceNetwork architecture, BenchmarkImages images) {

  /** As large as the arrays of the largest images can be. */
  private static final int MAX_BATCH = 10_000;

  /** Small, so that steps on one batch of noise stay finite. It has no influence on the time. */
  private static final double LEARNING_RATE = 1e-3;

  /** Steps of the float network before its conversion, and their images. */
  private static final int SETTLING_STEPS = 20;

  private static final int SETTLING_IMAGES = 16;

  static BenchmarkNetworks of(String network) {
    ReferenceNetwork architecture = ReferenceNetwork.named(network);
    return new BenchmarkNetworks(architecture, BenchmarkImages.of(architecture));
  }

  /** Checks the option that names a network. */
  static void requireNetwork(String network) {
    try {
      ReferenceNetwork.named(network);
    } catch (IllegalArgumentException e) {
      throw new ConfigException("--network: " + e.getMessage(), e);
    }
  }

  /** Checks the option for the size of a batch. */
  static void requireBatch(int batch) {
    requireRange("--batch", batch, MAX_BATCH);
  }

  /** Checks an option that is a number from 1 on. */
  static void requireRange(String option, int value, int most) {
    if (value < 1 || value > most) {
      throw new ConfigException(String.format("%s: must be 1 to %d, got %d", option, most, value));
    }
  }

  /** Checks the option for bits. */
  static void requireBits(int bits) {
    try {
      RunConfig.requireOptionalBits("--bits", bits);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(e.getMessage(), e);
    }
  }

  /** Makes a network ready for a number of training steps. */
  static NeuralNetwork trainable(NeuralNetwork network, int steps) {
    OptimizerSettings.sgd(LEARNING_RATE).applyTo(network, 1, steps);
    return network;
  }

  /** The threads of OpenMP, which the engines keep to. */
  static int threads() {
    Object known =
        Nd4j.getExecutioner()
            .getEnvironmentInformation()
            .getOrDefault(Nd4jEnvironment.OMP_THREADS_KEY, 1);
    return Integer.parseInt(known.toString());
  }

  NeuralNetwork floatNetwork() {
    return architecture.create(images.inputType(), images.classes(), 1);
  }

  /**
   * A quantized network, calibrated with few images.
   *
   * @param bits of weights and inputs, but 8 in the first and the last layer
   * @param batch most images of a calibration
   */
  NeuralNetwork quantizedNetwork(int bits, int batch) {
    ImageBatches few = images.batch(Math.min(SETTLING_IMAGES, batch));
    QuantizationPolicy policy = QuantizationPolicy.builder(bits, bits).build();
    NeuralNetwork network = new NetworkQuantizer(policy).quantize(settled(few.next())).network();
    Calibration.run(network, few, 1);
    return network;
  }

  /**
   * A float network whose batch norms know their input. With the statistics they start with, a deep
   * network computes other values in calibration than in training, and all codes would be 0.
   */
  private NeuralNetwork settled(DataSet batch) {
    NeuralNetwork network = trainable(floatNetwork(), SETTLING_STEPS);
    for (int step = 0; step < SETTLING_STEPS; step++) {
      network.fit(batch);
    }
    return network;
  }
}
