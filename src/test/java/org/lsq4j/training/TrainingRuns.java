package org.lsq4j.training;

import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.QuantizationPolicy;

/** What tests of training share. */
final class TrainingRuns {

  private TrainingRuns() {}

  /** A network of few bits, calibrated, that depends on nothing but the arguments. */
  static MultiLayerNetwork quantized(MultiLayerNetwork source, int bits) {
    QuantizationPolicy policy = QuantizationPolicy.builder(bits, bits).build();
    MultiLayerNetwork network = new NetworkQuantizer(policy).quantize(source).network();
    ImageBatches batches = MiniFashion.training(200);
    Calibration.run(network, batches, 4);
    return network;
  }
}
