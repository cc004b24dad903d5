package org.lsq4j.network;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/** The topology of a network, the same for both kinds: nodes in computation order. */
final class LayerGraph {

  /**
   * A layer, another vertex, or an input of the network.
   *
   * @param name unique name
   * @param layer configuration of a layer, null otherwise
   * @param vertex configuration of another vertex, null otherwise
   * @param inputs names of the nodes that feed this one
   */
  record Node(String name, Layer layer, GraphVertex vertex, List<String> inputs) {
    boolean isNetworkInput() {
      return layer == null && vertex == null;
    }
  }

  /** The node before a chain's first layer; no layer is called so. */
  private static final String NETWORK_INPUT = "(network input)";

  private final Map<String, Node> nodes = new LinkedHashMap<>();

  private LayerGraph() {}

  static LayerGraph of(MultiLayerNetwork network) {
    MultiLayerConfiguration conf = network.getLayerWiseConfigurations();
    LayerGraph graph = new LayerGraph();
    String previous = NETWORK_INPUT;
    graph.add(new Node(previous, null, null, List.of()));
    for (int i = 0; i < conf.getConfs().size(); i++) {
      Layer layer = conf.getConf(i).getLayer();
      String name = layer.getLayerName() == null ? Networks.unnamed(i) : layer.getLayerName();
      graph.add(new Node(name, layer, null, List.of(previous)));
      previous = name;
    }
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
        graph.add(new Node(name, layer, null, inputs));
      } else {
        graph.add(new Node(name, null, vertex, inputs));
      }
    }
    return graph;
  }

  private void add(Node node) {
    if (nodes.put(node.name(), node) != null) {
      throw new IllegalArgumentException(
          "Two layers have the name '" + node.name() + "'; give every layer a name of its own");
    }
  }

  Node node(String name) {
    return nodes.get(name);
  }

  List<Node> nodes() {
    return List.copyOf(nodes.values());
  }

  List<Node> layers() {
    return nodes.values().stream().filter(node -> node.layer() != null).toList();
  }

  /** The nodes that read a node's output. */
  List<Node> readersOf(Node source) {
    List<Node> readers = new ArrayList<>();
    for (Node node : nodes.values()) {
      if (node.inputs().contains(source.name())) {
        readers.add(node);
      }
    }
    return readers;
  }
}
