package org.lsq4j.training;

import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.lsq4j.layer.QuantizedDense;
import org.lsq4j.layer.QuantizedOutput;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.QuantizationPolicy;
import org.nd4j.linalg.activations.Activation;

/** What tests of training share. */
public final class TrainingRuns {

  private TrainingRuns() {}

  /** A network of few bits, calibrated, that depends on nothing but the arguments. */
  public static MultiLayerNetwork quantized(MultiLayerNetwork source, int bits) {
    return quantized(source, QuantizationPolicy.builder(bits, bits).build());
  }

  /** The network with calibrated quantizers of that policy. */
  static MultiLayerNetwork quantized(MultiLayerNetwork source, QuantizationPolicy policy) {
    MultiLayerNetwork network = new NetworkQuantizer(policy).quantize(source).network();
    ImageBatches batches = MiniFashion.training(200);
    Calibration.run(network, batches, 4);
    return network;
  }

  /** Two convolutions, batch norm, dropout, dense, output; random weights. */
  public static MultiLayerNetwork floatNetwork() {
    NeuralNetConfiguration.ListBuilder layers =
        new NeuralNetConfiguration.Builder()
            .seed(3)
            .weightInit(WeightInit.RELU)
            .activation(Activation.RELU)
            .convolutionMode(ConvolutionMode.Same)
            .list()
            .layer(
                new QuantizedConvolution2D.Builder(5, 5)
                    .name("conv1")
                    .nOut(8)
                    .stride(4, 4)
                    .activation(Activation.IDENTITY)
                    .build())
            .layer(new FastBatchNormalization())
            .layer(new QuantizedConvolution2D.Builder(3, 3).name("conv2").nOut(16).build())
            .layer(new QuantizedDense.Builder().name("dense").nOut(32).dropOut(0.9).build())
            .layer(new QuantizedOutput.Builder().name("output").nOut(MiniFashion.CLASSES).build());
    MultiLayerNetwork network =
        new MultiLayerNetwork(layers.setInputType(MiniFashion.IMAGE).build());
    network.init();
    return network;
  }
}
