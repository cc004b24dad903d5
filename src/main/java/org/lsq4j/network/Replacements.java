package org.lsq4j.network;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastActivation;
import org.lsq4j.layer.FastAddVertex;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.layer.FastPooling;
import org.nd4j.linalg.activations.impl.ActivationIdentity;

/** The layers and vertices of a network that are replaced by ones that compute the same faster. */
final class Replacements {

  private static final String BY_ENGINE = "computed by the engine";

  private final RectifierFusion fusion;
  private final Map<String, String> reasons = new HashMap<>();

  Replacements(LayerGraph graph) {
    fusion = new RectifierFusion(graph);
    for (LayerGraph.Node node : graph.layers()) {
      if (isReplaced(node)) {
        reasons.put(node.name(), describe(node.name()));
      }
    }
  }

  private boolean isReplaced(LayerGraph.Node node) {
    Layer layer = node.layer();
    boolean isStock =
        layer.getClass() == BatchNormalization.class
            || layer.getClass() == ActivationLayer.class && isComputed((ActivationLayer) layer)
            || layer.getClass() == SubsamplingLayer.class
                && FastPooling.computes((SubsamplingLayer) layer);
    return isStock
        || fusion.sourceOf(node.name()).isPresent()
        || fusion.activationOf(node.name()).isPresent();
  }

  /** The identity stays DL4J's: there is nothing to compute. */
  private static boolean isComputed(ActivationLayer layer) {
    return FastActivation.computes(layer.getActivationFn())
        && !(layer.getActivationFn() instanceof ActivationIdentity);
  }

  private String describe(String name) {
    return fusion
        .sourceOf(name)
        .map(source -> "ReLU computed by " + source)
        .orElseGet(() -> BY_ENGINE + withReluOf(name));
  }

  private String withReluOf(String name) {
    return fusion
        .activationOf(name)
        .map(activation -> ", with the ReLU of " + activation)
        .orElse("");
  }

  /** What is done with a layer, in a few words; empty if it is not replaced. */
  Optional<String> reason(String name) {
    return Optional.ofNullable(reasons.get(name));
  }

  /**
   * The faster layer.
   *
   * @param name of a layer that is replaced
   * @param layer its configuration, not changed
   */
  Layer replace(String name, Layer layer) {
    if (layer instanceof ActivationLayer activation) {
      return fusion.sourceOf(name).isPresent()
          ? FastActivation.passingOn(activation)
          : FastActivation.of(activation);
    }
    if (layer instanceof SubsamplingLayer pooling) {
      return FastPooling.of(pooling);
    }
    FastBatchNormalization norm = FastBatchNormalization.of((BatchNormalization) layer);
    norm.setRectifier(rectifierIn(name));
    return norm;
  }

  /** The faster vertices by the names of those they replace. */
  Map<String, GraphVertex> vertices(LayerGraph graph) {
    Map<String, GraphVertex> faster = new HashMap<>();
    for (LayerGraph.Node node : graph.nodes()) {
      if (node.vertex() != null && RectifierFusion.isPlainSum(node.vertex())) {
        FastAddVertex sum = new FastAddVertex(rectifierIn(node.name()));
        if (!sum.equals(node.vertex())) {
          faster.put(node.name(), sum);
        }
      }
    }
    return faster;
  }

  private Rectifier rectifierIn(String name) {
    return fusion.activationOf(name).isPresent() ? Rectifier.RELU : Rectifier.NONE;
  }
}
