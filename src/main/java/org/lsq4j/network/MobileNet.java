package org.lsq4j.network;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.compute.Rectifier;

/**
 * MobileNetV1 (Howard et al. 2017): a 3x3 convolution with stride 2, 13 blocks of a depthwise 3x3
 * and a 1x1 convolution, each convolution with batch norm and ReLU, the mean over the image, and
 * the output.
 *
 * @param width the multiplier of all numbers of channels: 1 in the paper's largest network
 */
record MobileNet(double width) implements Architecture {

  private static final int FIRST_CHANNELS = 32;

  /** A block's output channels at width 1, and the stride of its depthwise convolution. */
  private record Block(int channels, int stride) {}

  private static final Block[] BLOCKS = {
    new Block(64, 1),
    new Block(128, 2),
    new Block(128, 1),
    new Block(256, 2),
    new Block(256, 1),
    new Block(512, 2),
    new Block(512, 1),
    new Block(512, 1),
    new Block(512, 1),
    new Block(512, 1),
    new Block(512, 1),
    new Block(1024, 2),
    new Block(1024, 1)
  };

  @Override
  public MultiLayerNetwork create(InputType input, int classes, long seed) {
    NeuralNetConfiguration.ListBuilder layers = ReferenceLayers.settings(seed).list();
    int channels = scaled(FIRST_CHANNELS);
    layers
        .layer(ReferenceLayers.firstConvolution(channels, 2))
        .layer(ReferenceLayers.norm("norm1", Rectifier.RELU));
    for (int i = 0; i < BLOCKS.length; i++) {
      addBlock(layers, i + 1, channels);
      channels = scaled(BLOCKS[i].channels);
    }
    layers.layer(ReferenceLayers.averagePool()).layer(ReferenceLayers.output(classes));
    return ReferenceLayers.chain(layers, input);
  }

  private void addBlock(NeuralNetConfiguration.ListBuilder layers, int number, int inputs) {
    Block block = BLOCKS[number - 1];
    layers
        .layer(ReferenceLayers.depthwise("depthwise" + number, inputs, block.stride))
        .layer(ReferenceLayers.norm("depthwise-norm" + number, Rectifier.RELU))
        .layer(ReferenceLayers.convolution("pointwise" + number, 1, scaled(block.channels), 1))
        .layer(ReferenceLayers.norm("pointwise-norm" + number, Rectifier.RELU));
  }

  private int scaled(int channels) {
    return (int) Math.round(width * channels);
  }
}
