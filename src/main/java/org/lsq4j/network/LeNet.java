package org.lsq4j.network;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.layer.InputGradient;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.nd4j.linalg.activations.Activation;

/** LeNet with ReLU and max pooling: 5x5 convolutions of 20 and 50 channels, dense 500. */
record LeNet() implements Architecture {

  @Override
  public MultiLayerNetwork create(InputType input, int classes, long seed) {
    NeuralNetConfiguration.ListBuilder layers = ReferenceLayers.settings(seed).list();
    addBlock(layers, "1", 20, InputGradient.SKIPPED);
    addBlock(layers, "2", 50, InputGradient.COMPUTED);
    layers.layer(ReferenceLayers.dense(500)).layer(ReferenceLayers.output(classes));
    return ReferenceLayers.chain(layers, input);
  }

  @Override
  public UsualImages usualImages() {
    return UsualImages.MNIST;
  }

  private static void addBlock(
      NeuralNetConfiguration.ListBuilder layers,
      String number,
      int channels,
      InputGradient gradient) {
    layers
        .layer(
            new QuantizedConvolution2D.Builder(5, 5)
                .name("conv" + number)
                .nOut(channels)
                .activation(Activation.RELU)
                .inputGradient(gradient)
                .build())
        .layer(ReferenceLayers.maxPool("pool" + number));
  }
}
