package org.lsq4j.network;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration.ListBuilder;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * MobileNetV1 (Howard et al. 2017): a 3x3 convolution with stride 2, 13 blocks of a depthwise 3x3
 * and a 1x1 convolution, each convolution with batch norm and an activation function, the mean over
 * the image, and the output. The first stride is 1 for small images.
 *
 * @param width the multiplier of all numbers of channels: 1 in the paper's largest network
 * @param function the activation function: ReLU in the paper
 */
record MobileNet(double width, Nonlinearity function) implements Architecture {

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
    ListBuilder layers = ReferenceLayers.settings(seed).list();
    int channels = ReferenceLayers.scaled(FIRST_CHANNELS, width);
    int stride = ReferenceLayers.strideForLarge(input, 2);
    layers.layer(ReferenceLayers.firstConvolution(channels, stride));
    addNorm(layers, "norm1");
    for (int i = 0; i < BLOCKS.length; i++) {
      addBlock(layers, i + 1, channels);
      channels = outputs(BLOCKS[i]);
    }
    layers.layer(ReferenceLayers.averagePool()).layer(ReferenceLayers.output(classes));
    return ReferenceLayers.chain(layers, input);
  }

  @Override
  public UsualImages usualImages() {
    return UsualImages.WAKE_WORDS;
  }

  private void addBlock(ListBuilder layers, int number, int inputs) {
    Block block = BLOCKS[number - 1];
    layers.layer(ReferenceLayers.depthwise("depthwise" + number, inputs, block.stride));
    addNorm(layers, "depthwise-norm" + number);
    layers.layer(ReferenceLayers.convolution("pointwise" + number, 1, outputs(block), 1));
    addNorm(layers, "pointwise-norm" + number);
  }

  private void addNorm(ListBuilder layers, String name) {
    for (Layer layer : function.behindNorm(name)) {
      layers.layer(layer);
    }
  }

  private int outputs(Block block) {
    return ReferenceLayers.scaled(block.channels, width);
  }
}
