package org.lsq4j.network;

import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.lsq4j.layer.LayerQuantization;
import org.lsq4j.layer.QuantizedLayerConfiguration;

/**
 * Makes a network of DL4J's own layers one that the engine computes, many times faster: the same
 * function, names and topology, in float. Layers that have quantizers keep them and their steps.
 */
public final class FastNetwork {

  private FastNetwork() {}

  /**
   * The faster network of the same kind; the network itself, with its updater's state, if it has
   * nothing to replace. Otherwise the source is not changed and updates count from 0.
   */
  public static NeuralNetwork of(NeuralNetwork source) {
    LayerGraph graph = LayerGraph.of(source);
    Replacements replacements = new Replacements(graph);
    NetworkRebuild rebuild = new NetworkRebuild();
    replacements.vertices(graph).forEach(rebuild::replace);
    for (LayerGraph.Node node : graph.layers()) {
      Layer layer = node.layer().clone();
      boolean isFast = layer instanceof QuantizedLayerConfiguration;
      if (replacements.reason(node.name()).isPresent()) {
        rebuild.replace(node.name(), replacements.replace(node.name(), layer));
      } else if (!isFast && LayerConverter.canQuantize(layer)) {
        rebuild.replace(node.name(), LayerConverter.quantize(layer, LayerQuantization.FLOAT));
      }
    }
    return rebuild.changesNothing() ? source : rebuild.of(source, FastNetwork::copyParameters);
  }

  private static void copyParameters(
      org.deeplearning4j.nn.api.Layer source, org.deeplearning4j.nn.api.Layer target) {
    if (source.conf().getLayer().getClass() == target.conf().getLayer().getClass()) {
      NetworkRebuild.copyAll(source, target);
    } else {
      LayerConverter.copyParameters(source, target);
    }
  }
}
