package org.lsq4j.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.layer.LayerQuantization;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.QuantizerSpec;

/**
 * Makes a quantized network from a float one: the same topology, layers with quantizers inside,
 * copied parameters. Batch norms, sums and ReLUs are replaced by layers and vertices that compute
 * the same faster; where only a ReLU reads a batch norm or a sum, that computes the ReLU as well. A
 * separable convolution becomes two layers, its depthwise half with {@code -depthwise} behind the
 * name and its pointwise half with the name; what is said about the name goes for both. The float
 * network is not changed. The new network's step sizes must be initialised by calibration before it
 * is used.
 */
public final class NetworkQuantizer {

  private final QuantizationPolicy policy;

  /** A converter with a policy. */
  public NetworkQuantizer(QuantizationPolicy policy) {
    this.policy = policy;
  }

  /**
   * Converts a network of either kind.
   *
   * @throws IllegalArgumentException if an exception's pattern matches no layer that can be
   *     quantized, or the network was not initialised
   */
  public QuantizedNetwork<? extends NeuralNetwork> quantize(NeuralNetwork source) {
    return source instanceof ComputationGraph graph
        ? quantize(graph)
        : quantize((MultiLayerNetwork) source);
  }

  /**
   * Converts a network.
   *
   * @throws IllegalArgumentException if an exception's pattern matches no layer that can be
   *     quantized, or the network was not initialised
   */
  public QuantizedNetwork<MultiLayerNetwork> quantize(MultiLayerNetwork network) {
    requireInitialized(network.isInitCalled());
    SeparableSplit<MultiLayerNetwork> split = SeparableSplit.of(network);
    MultiLayerNetwork source = split.network();
    LayerGraph graph = LayerGraph.of(source);
    Replacements replacements = new Replacements(graph);
    List<LayerDecision> decisions = decide(graph, replacements, split.wholes());
    NetworkRebuild rebuild = rebuild(graph, decisions, replacements);
    return new QuantizedNetwork<>(rebuild.of(source, LayerConverter::copyParameters), decisions);
  }

  /**
   * Converts a network.
   *
   * @throws IllegalArgumentException if an exception's pattern matches no layer that can be
   *     quantized, or the network was not initialised
   */
  public QuantizedNetwork<ComputationGraph> quantize(ComputationGraph network) {
    requireInitialized(network.getVertices() != null);
    SeparableSplit<ComputationGraph> split = SeparableSplit.of(network);
    ComputationGraph source = split.network();
    LayerGraph graph = LayerGraph.of(source);
    Replacements replacements = new Replacements(graph);
    List<LayerDecision> decisions = decide(graph, replacements, split.wholes());
    NetworkRebuild rebuild = rebuild(graph, decisions, replacements);
    return new QuantizedNetwork<>(rebuild.of(source, LayerConverter::copyParameters), decisions);
  }

  private static void requireInitialized(boolean isInitialized) {
    if (!isInitialized) {
      throw new IllegalArgumentException(
          "The network has no parameters yet: call init() before converting it");
    }
  }

  private static NetworkRebuild rebuild(
      LayerGraph graph, List<LayerDecision> decisions, Replacements replacements) {
    NetworkRebuild rebuild = new NetworkRebuild();
    replacements.vertices(graph).forEach(rebuild::replace);
    for (LayerDecision decision : decisions) {
      String name = decision.layer();
      Layer layer = converted(decision, graph.node(name).layer().clone(), replacements);
      LayerConverter.stabilize(layer);
      rebuild.replace(name, layer);
    }
    return rebuild;
  }

  private static Layer converted(LayerDecision decision, Layer layer, Replacements replacements) {
    return switch (decision.outcome()) {
      case QUANTIZED -> LayerConverter.quantize(layer, decision.quantization().orElseThrow());
      case REPLACED -> replacements.replace(decision.layer(), layer);
      case FLOAT ->
          layer instanceof QuantizedLayerConfiguration
              ? LayerConverter.quantize(layer, LayerQuantization.FLOAT)
              : layer;
    };
  }

  private List<LayerDecision> decide(
      LayerGraph graph, Replacements replacements, Map<String, String> wholes) {
    LayerExceptions exceptions = new LayerExceptions(graph, wholes, policy.exceptions());
    SignAnalysis signs = new SignAnalysis(graph, policy.networkInput());
    Map<String, Boolean> quantizedBefore = quantizedBefore(graph);
    List<LayerDecision> decisions = new ArrayList<>();
    for (LayerGraph.Node node : graph.layers()) {
      LayerException exception = exceptions.of(node.name());
      if (exception.keepFloat()) {
        decisions.add(LayerDecision.leftFloat(node, "excepted"));
      } else if (LayerConverter.canQuantize(node.layer())) {
        String edge = edge(node, graph, quantizedBefore);
        decisions.add(quantized(node, exception, edge, signs.into(node)));
      } else {
        decisions.add(notQuantized(node, replacements));
      }
    }
    decisions.replaceAll(decision -> decision.ofHalf(wholes.get(decision.layer())));
    return decisions;
  }

  private static LayerDecision notQuantized(LayerGraph.Node node, Replacements replacements) {
    return replacements
        .reason(node.name())
        .map(reason -> LayerDecision.replaced(node, reason))
        .orElseGet(
            () ->
                LayerDecision.leftFloat(node, LayerConverter.obstacle(node.layer()).orElseThrow()));
  }

  private LayerDecision quantized(
      LayerGraph.Node node, LayerException exception, String edge, InputRange range) {
    try {
      LayerQuantization quantization =
          policy.quantization(new QuantizationPolicy.Case(!edge.isEmpty(), range, exception));
      String reason =
          edge
              + (exception.equals(LayerException.NONE) ? "" : "exception, ")
              + reason(range, quantization.inputs());
      return LayerDecision.quantized(node, quantization, reason);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("Layer " + node.name() + ": " + e.getMessage(), e);
    }
  }

  private static String reason(InputRange range, QuantizerSpec inputs) {
    String reason = Networks.words(range.values()) + " input: " + range.reason();
    if (range.values() == InputValues.SKEWED && inputs.learnsOffset()) {
      return reason + ", hence an offset";
    }
    boolean losesSign =
        range.values() != InputValues.UNSIGNED
            && inputs.sign() == CodeSign.UNSIGNED
            && !inputs.learnsOffset();
    return losesSign ? reason + ", negative values become 0" : reason;
  }

  private static String edge(
      LayerGraph.Node node, LayerGraph graph, Map<String, Boolean> quantizedBefore) {
    boolean first = node.inputs().stream().noneMatch(quantizedBefore::get);
    if (first) {
      return "first layer, ";
    }
    return leadsToQuantized(node, graph) ? "" : "last layer, ";
  }

  /** For each node whether it or anything before it has quantizers. */
  private static Map<String, Boolean> quantizedBefore(LayerGraph graph) {
    Map<String, Boolean> before = new HashMap<>();
    for (LayerGraph.Node node : graph.nodes()) {
      boolean here = node.layer() != null && LayerConverter.canQuantize(node.layer());
      before.put(node.name(), here || node.inputs().stream().anyMatch(before::get));
    }
    return before;
  }

  private static boolean leadsToQuantized(LayerGraph.Node node, LayerGraph graph) {
    return graph.readersOf(node).stream()
        .anyMatch(
            reader ->
                reader.layer() != null && LayerConverter.canQuantize(reader.layer())
                    || leadsToQuantized(reader, graph));
  }
}
