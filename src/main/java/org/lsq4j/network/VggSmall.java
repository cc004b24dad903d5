package org.lsq4j.network;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration.ListBuilder;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.QuantizedConvolution2D;

/**
 * VGG-small, the CIFAR network of many papers on quantization, such as LQ-Nets (Zhang et al. 2018):
 * 3x3 convolutions of 128, 128, 256, 256, 512 and 512 channels with batch norm and ReLU, max
 * pooling behind each second one, and the output.
 */
record VggSmall() implements Architecture {

  private static final int[] STAGES = {128, 256, 512};

  @Override
  public MultiLayerNetwork create(InputType input, int classes, long seed) {
    ListBuilder layers = ReferenceLayers.settings(seed).list();
    for (int stage = 0; stage < STAGES.length; stage++) {
      addConvolution(layers, 2 * stage + 1, STAGES[stage]);
      addConvolution(layers, 2 * stage + 2, STAGES[stage]);
      layers.layer(ReferenceLayers.maxPool("pool" + (stage + 1)));
    }
    return ReferenceLayers.chain(layers.layer(ReferenceLayers.output(classes)), input);
  }

  @Override
  public UsualImages usualImages() {
    return UsualImages.CIFAR10;
  }

  private static void addConvolution(ListBuilder layers, int number, int channels) {
    QuantizedConvolution2D convolution =
        number == 1
            ? ReferenceLayers.firstConvolution(channels, 1)
            : ReferenceLayers.convolution("conv" + number, 3, channels, 1);
    layers.layer(convolution).layer(ReferenceLayers.norm("norm" + number, Rectifier.RELU));
  }
}
