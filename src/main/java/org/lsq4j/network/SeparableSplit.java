package org.lsq4j.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * A network whose separable convolutions are two layers each, a depthwise convolution and behind it
 * a pointwise one that keeps the name, so that each half can have quantizers of its own. It
 * computes the same. A network without separable convolutions stays as it is.
 *
 * @param network the network
 * @param wholes for the name of each depthwise half the name of the separable convolution
 * @param <N> kind of network
 */
record SeparableSplit<N>(N network, Map<String, String> wholes) {

  static SeparableSplit<MultiLayerNetwork> of(MultiLayerNetwork source) {
    MultiLayerConfiguration conf = source.getLayerWiseConfigurations().clone();
    Map<String, String> wholes = new HashMap<>();
    Map<Integer, InputPreProcessor> preprocessors = new HashMap<>();
    List<NeuralNetConfiguration> confs = new ArrayList<>();
    for (int i = 0; i < conf.getConfs().size(); i++) {
      NeuralNetConfiguration whole = conf.getConf(i);
      whole.getLayer().setLayerName(Networks.nameOf(source.getLayer(i)));
      if (conf.getInputPreProcess(i) != null) {
        preprocessors.put(confs.size(), conf.getInputPreProcess(i));
      }
      if (isSeparable(whole)) {
        confs.add(depthwise(whole, wholes));
        confs.add(pointwise(whole));
      } else {
        confs.add(whole);
      }
    }
    if (wholes.isEmpty()) {
      return new SeparableSplit<>(source, wholes);
    }
    conf.setConfs(confs);
    conf.setInputPreProcessors(preprocessors);
    MultiLayerNetwork target = new MultiLayerNetwork(conf);
    target.init();
    copyParameters(layers(source), layers(target), wholes);
    return new SeparableSplit<>(target, wholes);
  }

  static SeparableSplit<ComputationGraph> of(ComputationGraph source) {
    ComputationGraphConfiguration conf = GraphCopies.of(source.getConfiguration());
    Map<String, String> wholes = new HashMap<>();
    for (Map.Entry<String, GraphVertex> entry :
        source.getConfiguration().getVertices().entrySet()) {
      if (entry.getValue() instanceof LayerVertex vertex && isSeparable(vertex.getLayerConf())) {
        split(conf, entry.getKey(), wholes);
      }
    }
    if (wholes.isEmpty()) {
      return new SeparableSplit<>(source, wholes);
    }
    ComputationGraph target = new ComputationGraph(conf);
    target.init();
    copyParameters(layers(source), layers(target), wholes);
    return new SeparableSplit<>(target, wholes);
  }

  private static void split(
      ComputationGraphConfiguration conf, String name, Map<String, String> wholes) {
    LayerVertex vertex = (LayerVertex) conf.getVertices().get(name);
    NeuralNetConfiguration whole = vertex.getLayerConf();
    whole.getLayer().setLayerName(name);
    NeuralNetConfiguration first = depthwise(whole, wholes);
    String added = first.getLayer().getLayerName();
    if (conf.getVertices().containsKey(added) || conf.getNetworkInputs().contains(added)) {
      throw new IllegalArgumentException(
          "Layer "
              + name
              + ": its depthwise half is to be called "
              + added
              + ", but something else is; rename that");
    }
    conf.getVertices().put(added, new LayerVertex(first, vertex.getPreProcessor()));
    conf.getVertexInputs().put(added, conf.getVertexInputs().get(name));
    conf.getVertices().put(name, new LayerVertex(pointwise(whole), null));
    conf.getVertexInputs().put(name, List.of(added));
  }

  private static boolean isSeparable(NeuralNetConfiguration conf) {
    return conf.getLayer().getClass() == SeparableConvolution2D.class;
  }

  private static NeuralNetConfiguration depthwise(
      NeuralNetConfiguration conf, Map<String, String> wholes) {
    SeparableConvolution2D whole = (SeparableConvolution2D) conf.getLayer();
    String name = whole.getLayerName() + "-depthwise";
    wholes.put(name, whole.getLayerName());
    return with(conf, SeparableHalves.depthwise(whole, name));
  }

  private static NeuralNetConfiguration pointwise(NeuralNetConfiguration conf) {
    return with(conf, SeparableHalves.pointwise((SeparableConvolution2D) conf.getLayer()));
  }

  private static NeuralNetConfiguration with(
      NeuralNetConfiguration conf, org.deeplearning4j.nn.conf.layers.Layer layer) {
    NeuralNetConfiguration copy = conf.clone();
    copy.setLayer(layer);
    copy.clearVariables();
    return copy;
  }

  private static Map<String, Layer> layers(MultiLayerNetwork network) {
    Map<String, Layer> layers = new LinkedHashMap<>();
    for (Layer layer : network.getLayers()) {
      layers.put(Networks.nameOf(layer), layer);
    }
    return layers;
  }

  private static Map<String, Layer> layers(ComputationGraph network) {
    Map<String, Layer> layers = new LinkedHashMap<>();
    for (var vertex : network.getVertices()) {
      if (vertex.hasLayer()) {
        layers.put(vertex.getVertexName(), vertex.getLayer());
      }
    }
    return layers;
  }

  private static void copyParameters(
      Map<String, Layer> source, Map<String, Layer> target, Map<String, String> wholes) {
    target.forEach(
        (name, layer) -> {
          if (wholes.containsKey(name)) {
            SeparableHalves.copyDepthwise(source.get(wholes.get(name)), layer);
          } else if (wholes.containsValue(name)) {
            SeparableHalves.copyPointwise(source.get(name), layer);
          } else {
            LayerConverter.copyParameters(source.get(name), layer);
          }
        });
  }
}
