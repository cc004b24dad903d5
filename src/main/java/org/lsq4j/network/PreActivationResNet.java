package org.lsq4j.network;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastAddVertex;

/**
 * ResNet with batch norm and ReLU before the convolutions (He et al. 2016b, "Identity mappings in
 * deep residual networks"): {@link ResNet} with sums that nothing follows, so that shortcuts change
 * nothing. As in the paper's appendix, the shortcut of the first block and of those that change the
 * shape begins behind the first ReLU, and a last batch norm and ReLU follow the last sum. Where the
 * shape changes, the shortcut is a 1x1 convolution.
 *
 * @param blocks blocks in a stage
 */
record PreActivationResNet(int blocks) implements Architecture {

  @Override
  public ComputationGraph create(InputType input, int classes, long seed) {
    GraphBuilder graph = ReferenceLayers.settings(seed).graphBuilder().addInputs("images");
    String last =
        ReferenceLayers.addTo(
            graph, "images", ReferenceLayers.firstConvolution(ResNetBlock.FIRST_CHANNELS, 1));
    for (int stage = 1; stage <= ResNetBlock.STAGES; stage++) {
      for (int number = 1; number <= blocks; number++) {
        last = addBlock(graph, new ResNetBlock(stage, number), last);
      }
    }
    last = ReferenceLayers.addTo(graph, last, ReferenceLayers.norm("norm", Rectifier.RELU));
    return ReferenceLayers.classifier(graph, last, classes, input);
  }

  @Override
  public UsualImages usualImages() {
    return UsualImages.CIFAR10;
  }

  /** Gives the name of the block's sum. */
  private static String addBlock(GraphBuilder graph, ResNetBlock block, String input) {
    String activated =
        ReferenceLayers.addTo(
            graph, input, ReferenceLayers.norm(block.named("norm1"), Rectifier.RELU));
    String branch =
        ReferenceLayers.addTo(
            graph,
            activated,
            ReferenceLayers.convolution(block.named("conv1"), 3, block.channels(), block.stride()),
            ReferenceLayers.norm(block.named("norm2"), Rectifier.RELU),
            ReferenceLayers.convolution(block.named("conv2"), 3, block.channels(), 1));
    String sum = block.named("add");
    graph.addVertex(
        sum, new FastAddVertex(Rectifier.NONE), branch, shortcut(graph, block, input, activated));
    return sum;
  }

  private static String shortcut(
      GraphBuilder graph, ResNetBlock block, String input, String activated) {
    if (block.changesShape()) {
      return ReferenceLayers.addTo(
          graph,
          activated,
          ReferenceLayers.convolution(
              block.named("shortcut"), 1, block.channels(), block.stride()));
    }
    return block.isFirst() ? activated : input;
  }
}
