package org.lsq4j.network;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastAddVertex;

/**
 * MobileNetV2 (Sandler et al. 2018): a 3x3 convolution, 17 inverted residual blocks, a 1x1
 * convolution to 1280 channels, the mean over the image, and the output. A block widens its input
 * with a 1x1 convolution, filters each channel, and narrows the result with another 1x1 convolution
 * that no activation function follows, the linear bottleneck; where the shape stays, input and
 * result are added. For small images the first two strides of 2 are 1.
 *
 * @param width the multiplier of all numbers of channels; the last 1x1 convolution keeps its 1280
 *     below 1
 * @param function the activation function: ReLU6 in the paper
 */
record MobileNetV2(double width, Nonlinearity function) implements Architecture {

  private static final int FIRST_CHANNELS = 32;
  private static final int LAST_CHANNELS = 1280;

  /** Blocks of the same width, as a line of the paper's table 2; the first one has the stride. */
  private record Stage(int expansion, int channels, int blocks, int stride) {}

  private static final Stage[] STAGES = {
    new Stage(1, 16, 1, 1),
    new Stage(6, 24, 2, 2),
    new Stage(6, 32, 3, 2),
    new Stage(6, 64, 4, 2),
    new Stage(6, 96, 3, 1),
    new Stage(6, 160, 3, 2),
    new Stage(6, 320, 1, 1)
  };

  /** The stage whose stride goes for small images. */
  private static final Stage EARLY = STAGES[1];

  private record Block(int number, int inputs, int inner, int outputs, int stride) {

    String named(String part) {
      return "b" + number + "-" + part;
    }
  }

  @Override
  public ComputationGraph create(InputType input, int classes, long seed) {
    GraphBuilder graph = ReferenceLayers.settings(seed).graphBuilder().addInputs("images");
    int stride = ReferenceLayers.strideForLarge(input, 2);
    String last =
        ReferenceLayers.addTo(
            graph, "images", ReferenceLayers.firstConvolution(scaled(FIRST_CHANNELS), stride));
    last = addNorm(graph, last, "norm1");
    for (Block block : blocks(input)) {
      last = addBlock(graph, last, block);
    }
    int features = ReferenceLayers.scaled(LAST_CHANNELS, Math.max(1, width));
    Layer head = ReferenceLayers.convolution("conv2", 1, features, 1);
    last = addNorm(graph, ReferenceLayers.addTo(graph, last, head), "norm2");
    return ReferenceLayers.classifier(graph, last, classes, input);
  }

  private List<Block> blocks(InputType input) {
    List<Block> blocks = new ArrayList<>();
    int channels = scaled(FIRST_CHANNELS);
    for (Stage stage : STAGES) {
      int stride =
          stage == EARLY ? ReferenceLayers.strideForLarge(input, stage.stride) : stage.stride;
      for (int i = 0; i < stage.blocks; i++) {
        int number = blocks.size() + 1;
        int inner = channels * stage.expansion;
        int outputs = scaled(stage.channels);
        blocks.add(new Block(number, channels, inner, outputs, i == 0 ? stride : 1));
        channels = outputs;
      }
    }
    return blocks;
  }

  private int scaled(int channels) {
    return ReferenceLayers.scaled(channels, width);
  }

  @Override
  public UsualImages usualImages() {
    return UsualImages.CIFAR10;
  }

  // Each of these gives the name of the node that it ends in.

  private String addBlock(GraphBuilder graph, String input, Block block) {
    String last = block.inner == block.inputs ? input : addExpansion(graph, input, block);
    last =
        ReferenceLayers.addTo(
            graph,
            last,
            ReferenceLayers.depthwise(block.named("depthwise"), block.inner, block.stride));
    last = addNorm(graph, last, block.named("depthwise-norm"));
    last =
        ReferenceLayers.addTo(
            graph,
            last,
            ReferenceLayers.convolution(block.named("project"), 1, block.outputs, 1),
            ReferenceLayers.norm(block.named("project-norm"), Rectifier.NONE));
    if (block.stride > 1 || block.inputs != block.outputs) {
      return last;
    }
    String sum = block.named("add");
    graph.addVertex(sum, new FastAddVertex(Rectifier.NONE), last, input);
    return sum;
  }

  private String addExpansion(GraphBuilder graph, String input, Block block) {
    Layer expand = ReferenceLayers.convolution(block.named("expand"), 1, block.inner, 1);
    return addNorm(graph, ReferenceLayers.addTo(graph, input, expand), block.named("expand-norm"));
  }

  private String addNorm(GraphBuilder graph, String input, String name) {
    return ReferenceLayers.addTo(graph, input, function.behindNorm(name));
  }
}
