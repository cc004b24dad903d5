package org.lsq4j.network;

import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.lsq4j.layer.LayerQuantization;
import org.lsq4j.layer.QuantizedLayerConfiguration;

/**
 * Makes a network of DL4J's own layers one that the engine computes, many times faster: the same
 * function, names and topology, in float. Layers that have quantizers keep them and their steps.
 * Swish, GELU and Mish get a gradient that is never NaN ({@link org.lsq4j.layer.StableActivation}).
 */
public final class FastNetwork {

  private FastNetwork() {}

  /**
   * The faster network of the same kind; the network itself, with its updater's state, if it has
   * nothing to replace. Otherwise the source is not changed and updates count from 0.
   */
  public static NeuralNetwork of(NeuralNetwork source) {
    NetworkRebuild rebuild = rebuild(LayerGraph.of(source));
    return rebuild.changesNothing() ? source : rebuild.of(source, FastNetwork::copyParameters);
  }

  /**
   * As {@link #of}, but always another network with parameters of its own, without updater state.
   */
  public static NeuralNetwork copyOf(NeuralNetwork source) {
    return rebuild(LayerGraph.of(source)).of(source, FastNetwork::copyParameters);
  }

  private static NetworkRebuild rebuild(LayerGraph graph) {
    Replacements replacements = new Replacements(graph);
    NetworkRebuild rebuild = new NetworkRebuild();
    replacements.vertices(graph).forEach(rebuild::replace);
    for (LayerGraph.Node node : graph.layers()) {
      Layer layer = node.layer().clone();
      Layer faster = faster(node.name(), layer, replacements);
      boolean wasUnstable = LayerConverter.stabilize(faster);
      if (faster != layer || wasUnstable) {
        rebuild.replace(node.name(), faster);
      }
    }
    return rebuild;
  }

  /** The layer itself if it is as fast as can be. */
  private static Layer faster(String name, Layer layer, Replacements replacements) {
    if (replacements.reason(name).isPresent()) {
      return replacements.replace(name, layer);
    }
    boolean isFast = layer instanceof QuantizedLayerConfiguration;
    return !isFast && LayerConverter.canQuantize(layer)
        ? LayerConverter.quantize(layer, LayerQuantization.FLOAT)
        : layer;
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
