package org.lsq4j.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Makes a network of the same topology with other layers and vertices in some places: same names,
 * same order, updates counted from 0, no updater state. The source is not changed.
 */
final class NetworkRebuild {

  private final Map<String, Layer> layers = new HashMap<>();
  private final Map<String, GraphVertex> vertices = new HashMap<>();

  /** Puts another layer in the place of one. It gets that one's name. */
  void replace(String name, Layer layer) {
    layers.put(name, layer);
  }

  /** Puts another vertex, which is no layer, in the place of one. */
  void replace(String name, GraphVertex vertex) {
    vertices.put(name, vertex);
  }

  /** Whether nothing is replaced. */
  boolean changesNothing() {
    return layers.isEmpty() && vertices.isEmpty();
  }

  /**
   * The network of either kind.
   *
   * @param source is not changed
   * @param copy brings a layer's parameters into the layer in its place
   */
  NeuralNetwork of(
      NeuralNetwork source,
      BiConsumer<org.deeplearning4j.nn.api.Layer, org.deeplearning4j.nn.api.Layer> copy) {
    return source instanceof ComputationGraph graph
        ? of(graph, copy)
        : of((MultiLayerNetwork) source, copy);
  }

  /** The network with its parameters, copied likewise. */
  MultiLayerNetwork of(
      MultiLayerNetwork source,
      BiConsumer<org.deeplearning4j.nn.api.Layer, org.deeplearning4j.nn.api.Layer> copy) {
    MultiLayerConfiguration conf = source.getLayerWiseConfigurations().clone();
    List<NeuralNetConfiguration> confs = conf.getConfs();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < confs.size(); i++) {
      String name = confs.get(i).getLayer().getLayerName();
      names.add(name == null ? Networks.unnamed(i) : name);
      replaceLayer(confs.get(i), names.get(i));
    }
    conf.setIterationCount(0);
    conf.setEpochCount(0);
    MultiLayerNetwork target = new MultiLayerNetwork(conf);
    target.init();
    for (int i = 0; i < names.size(); i++) {
      copy.accept(source.getLayer(i), target.getLayer(i));
    }
    return target;
  }

  /** The network with its parameters, copied likewise. */
  ComputationGraph of(
      ComputationGraph source,
      BiConsumer<org.deeplearning4j.nn.api.Layer, org.deeplearning4j.nn.api.Layer> copy) {
    // Its clone counts updates from 0.
    ComputationGraphConfiguration conf = GraphCopies.of(source.getConfiguration());
    List<String> names = new ArrayList<>();
    conf.getVertices()
        .forEach(
            (name, vertex) -> {
              if (vertex instanceof LayerVertex layerVertex) {
                names.add(name);
                replaceLayer(layerVertex.getLayerConf(), name);
              }
            });
    conf.getVertices().replaceAll(vertices::getOrDefault);
    ComputationGraph target = new ComputationGraph(conf);
    target.init();
    names.forEach(name -> copy.accept(source.getLayer(name), target.getLayer(name)));
    return target;
  }

  /** Copies the parameters that both layers have, as they are. */
  static void copyAll(
      org.deeplearning4j.nn.api.Layer source, org.deeplearning4j.nn.api.Layer target) {
    Map<String, INDArray> wanted = target.paramTable();
    source
        .paramTable()
        .forEach(
            (key, value) -> {
              if (wanted.containsKey(key)) {
                target.setParam(key, value);
              }
            });
  }

  private void replaceLayer(NeuralNetConfiguration conf, String name) {
    conf.setLayer(layers.getOrDefault(name, conf.getLayer()));
    conf.getLayer().setLayerName(name);
    conf.clearVariables();
  }
}
