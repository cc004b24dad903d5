package org.lsq4j.network;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/** The topology of a network, the same for both kinds: nodes in computation order. */
public final class LayerGraph {

  /**
   * A layer, another vertex, or an input of the network.
   *
   * @param name unique name
   * @param layer configuration of a layer, null otherwise
   * @param vertex configuration of another vertex, null otherwise
   * @param inputs names of the nodes that feed this one
   * @param preprocessor what a layer's input goes through before, null if nothing
   */
  public record Node(
      String name,
      Layer layer,
      GraphVertex vertex,
      List<String> inputs,
      InputPreProcessor preprocessor) {

    private static Node ofLayer(
        String name, Layer layer, List<String> inputs, InputPreProcessor preprocessor) {
      return new Node(name, layer, null, inputs, preprocessor);
    }

    private static Node ofVertex(String name, GraphVertex vertex, List<String> inputs) {
      return new Node(name, null, vertex, inputs, null);
    }

    private static Node networkInput(String name) {
      return new Node(name, null, null, List.of(), null);
    }

    /** Whether this is an input of the network. */
    public boolean isNetworkInput() {
      return layer == null && vertex == null;
    }
  }

  /** The node before a chain's first layer; no layer is called so. */
  private static final String NETWORK_INPUT = "(network input)";

  private final Map<String, Node> nodes = new LinkedHashMap<>();
  private final Set<String> outputs = new HashSet<>();

  private LayerGraph() {}

  /** The topology of a network of either kind. */
  public static LayerGraph of(NeuralNetwork network) {
    return network instanceof ComputationGraph graph ? of(graph) : of((MultiLayerNetwork) network);
  }

  static LayerGraph of(MultiLayerNetwork network) {
    MultiLayerConfiguration conf = network.getLayerWiseConfigurations();
    LayerGraph graph = new LayerGraph();
    String previous = NETWORK_INPUT;
    graph.add(Node.networkInput(previous));
    for (int i = 0; i < conf.getConfs().size(); i++) {
      Layer layer = conf.getConf(i).getLayer();
      String name = layer.getLayerName() == null ? Networks.unnamed(i) : layer.getLayerName();
      graph.add(Node.ofLayer(name, layer, List.of(previous), conf.getInputPreProcess(i)));
      previous = name;
    }
    graph.outputs.add(previous);
    return graph;
  }

  static LayerGraph of(ComputationGraph network) {
    ComputationGraphConfiguration conf = network.getConfiguration();
    LayerGraph graph = new LayerGraph();
    for (int index : network.topologicalSortOrder()) {
      String name = network.getVertices()[index].getVertexName();
      GraphVertex vertex = conf.getVertices().get(name);
      List<String> inputs = conf.getVertexInputs().getOrDefault(name, List.of());
      if (vertex instanceof LayerVertex layerVertex) {
        Layer layer = layerVertex.getLayerConf().getLayer();
        graph.add(Node.ofLayer(name, layer, inputs, layerVertex.getPreProcessor()));
      } else {
        graph.add(Node.ofVertex(name, vertex, inputs));
      }
    }
    graph.outputs.addAll(conf.getNetworkOutputs());
    return graph;
  }

  private void add(Node node) {
    if (nodes.put(node.name(), node) != null) {
      throw new IllegalArgumentException(
          "Two layers have the name '" + node.name() + "'; give every layer a name of its own");
    }
  }

  /** The node of a name. */
  public Node node(String name) {
    return nodes.get(name);
  }

  /** All nodes in computation order. */
  public List<Node> nodes() {
    return List.copyOf(nodes.values());
  }

  List<Node> layers() {
    return nodes.values().stream().filter(node -> node.layer() != null).toList();
  }

  /** Whether the network gives a node's output to its user. */
  public boolean isOutput(Node node) {
    return outputs.contains(node.name());
  }

  /** The nodes that read a node's output. */
  public List<Node> readersOf(Node source) {
    List<Node> readers = new ArrayList<>();
    for (Node node : nodes.values()) {
      if (node.inputs().contains(source.name())) {
        readers.add(node);
      }
    }
    return readers;
  }
}
