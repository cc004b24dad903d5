package org.lsq4j.network;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastAddVertex;

/**
 * ResNet for small images (He et al. 2016, section 4.2): a 3x3 convolution of 16 channels, three
 * stages of n blocks with 16, 32 and 64 channels, the mean over the image, and the output: 6n + 2
 * layers with weights. A block is two 3x3 convolutions with a shortcut around them; the first of
 * the second and third stage has stride 2. Where the shape changes, the shortcut is a 1x1
 * convolution with batch norm, the paper's option B.
 *
 * @param blocks n, blocks in a stage
 */
record ResNet(int blocks) implements Architecture {

  @Override
  public ComputationGraph create(InputType input, int classes, long seed) {
    GraphBuilder graph = ReferenceLayers.settings(seed).graphBuilder().addInputs("images");
    String last = addStem(graph);
    for (int stage = 1; stage <= ResNetBlock.STAGES; stage++) {
      for (int number = 1; number <= blocks; number++) {
        last = addBlock(graph, new ResNetBlock(stage, number), last);
      }
    }
    return ReferenceLayers.classifier(graph, last, classes, input);
  }

  @Override
  public UsualImages usualImages() {
    return UsualImages.CIFAR10;
  }

  // Each of these gives the name of the node that it ends in.

  private static String addStem(GraphBuilder graph) {
    return ReferenceLayers.addTo(
        graph,
        "images",
        ReferenceLayers.firstConvolution(ResNetBlock.FIRST_CHANNELS, 1),
        ReferenceLayers.norm("norm1", Rectifier.RELU));
  }

  private static String addBlock(GraphBuilder graph, ResNetBlock block, String input) {
    String branch =
        ReferenceLayers.addTo(
            graph,
            input,
            ReferenceLayers.convolution(block.named("conv1"), 3, block.channels(), block.stride()),
            ReferenceLayers.norm(block.named("norm1"), Rectifier.RELU),
            ReferenceLayers.convolution(block.named("conv2"), 3, block.channels(), 1),
            ReferenceLayers.norm(block.named("norm2"), Rectifier.NONE));
    String shortcut = block.changesShape() ? addProjection(graph, block, input) : input;
    String sum = block.named("add");
    graph.addVertex(sum, new FastAddVertex(Rectifier.RELU), branch, shortcut);
    return sum;
  }

  private static String addProjection(GraphBuilder graph, ResNetBlock block, String input) {
    return ReferenceLayers.addTo(
        graph,
        input,
        ReferenceLayers.convolution(block.named("shortcut"), 1, block.channels(), block.stride()),
        ReferenceLayers.norm(block.named("shortcut-norm"), Rectifier.NONE));
  }
}
