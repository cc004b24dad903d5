package org.lsq4j.network;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastAddVertex;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.layer.QuantizedConvolution2D;

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

  private static final int STAGES = 3;
  private static final int FIRST_CHANNELS = 16;

  /** One block; stages and blocks count from 1. */
  private record Block(int stage, int number) {

    String named(String part) {
      return "s" + stage + "b" + number + "-" + part;
    }

    int channels() {
      return FIRST_CHANNELS << (stage - 1);
    }

    boolean changesShape() {
      return stage > 1 && number == 1;
    }

    int stride() {
      return changesShape() ? 2 : 1;
    }
  }

  @Override
  public ComputationGraph create(InputType input, int classes, long seed) {
    GraphBuilder graph = ReferenceLayers.settings(seed).graphBuilder().addInputs("images");
    String last = addStem(graph);
    for (int stage = 1; stage <= STAGES; stage++) {
      for (int number = 1; number <= blocks; number++) {
        last = addBlock(graph, new Block(stage, number), last);
      }
    }
    graph
        .addLayer("pool", ReferenceLayers.averagePool(), last)
        .addLayer("output", ReferenceLayers.output(classes), "pool")
        .setOutputs("output")
        .setInputTypes(input);
    ComputationGraph network = new ComputationGraph(graph.build());
    network.init();
    return network;
  }

  // Each of these gives the name of the node that it ends in.

  private static String addStem(GraphBuilder graph) {
    return addConvolution(
        graph,
        ReferenceLayers.firstConvolution(FIRST_CHANNELS, 1),
        ReferenceLayers.norm("norm1", Rectifier.RELU),
        "images");
  }

  private static String addBlock(GraphBuilder graph, Block block, String input) {
    String inner =
        addConvolution(
            graph,
            ReferenceLayers.convolution(block.named("conv1"), 3, block.channels(), block.stride()),
            ReferenceLayers.norm(block.named("norm1"), Rectifier.RELU),
            input);
    String outer =
        addConvolution(
            graph,
            ReferenceLayers.convolution(block.named("conv2"), 3, block.channels(), 1),
            ReferenceLayers.norm(block.named("norm2"), Rectifier.NONE),
            inner);
    String shortcut = block.changesShape() ? addProjection(graph, block, input) : input;
    String sum = block.named("add");
    graph.addVertex(sum, new FastAddVertex(Rectifier.RELU), outer, shortcut);
    return sum;
  }

  private static String addProjection(GraphBuilder graph, Block block, String input) {
    return addConvolution(
        graph,
        ReferenceLayers.convolution(block.named("shortcut"), 1, block.channels(), block.stride()),
        ReferenceLayers.norm(block.named("shortcut-norm"), Rectifier.NONE),
        input);
  }

  private static String addConvolution(
      GraphBuilder graph,
      QuantizedConvolution2D convolution,
      FastBatchNormalization norm,
      String input) {
    graph
        .addLayer(convolution.getLayerName(), convolution, input)
        .addLayer(norm.getLayerName(), norm, convolution.getLayerName());
    return norm.getLayerName();
  }
}
