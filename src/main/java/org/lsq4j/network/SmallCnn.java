package org.lsq4j.network;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.QuantizedConvolution2D;

/**
 * Five 3x3 convolutions of 16, 32, 32, 64 and 64 channels with batch norm and ReLU, the second and
 * fourth with stride 2, then dense 128 and the output.
 */
record SmallCnn() implements Architecture {

  @Override
  public MultiLayerNetwork create(InputType input, int classes, long seed) {
    NeuralNetConfiguration.ListBuilder layers = ReferenceLayers.settings(seed).list();
    addBlock(layers, "1", ReferenceLayers.firstConvolution(16, 1));
    addBlock(layers, "2", ReferenceLayers.convolution("conv2", 3, 32, 2));
    addBlock(layers, "3", ReferenceLayers.convolution("conv3", 3, 32, 1));
    addBlock(layers, "4", ReferenceLayers.convolution("conv4", 3, 64, 2));
    addBlock(layers, "5", ReferenceLayers.convolution("conv5", 3, 64, 1));
    layers.layer(ReferenceLayers.dense(128)).layer(ReferenceLayers.output(classes));
    return ReferenceLayers.chain(layers, input);
  }

  @Override
  public UsualImages usualImages() {
    return UsualImages.MNIST;
  }

  private static void addBlock(
      NeuralNetConfiguration.ListBuilder layers,
      String number,
      QuantizedConvolution2D convolution) {
    layers.layer(convolution).layer(ReferenceLayers.norm("norm" + number, Rectifier.RELU));
  }
}
