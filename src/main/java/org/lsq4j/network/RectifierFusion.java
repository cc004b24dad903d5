package org.lsq4j.network;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastActivation;
import org.lsq4j.layer.FastAddVertex;
import org.lsq4j.layer.FastBatchNormalization;

/**
 * Finds the ReLU layers whose work the batch norm or the sum before them, the source, can do in its
 * own pass. Only exact classes are looked at: a subclass may compute something else.
 */
final class RectifierFusion {

  private final LayerGraph graph;
  private final Map<String, String> sources = new HashMap<>();
  private final Map<String, String> activations = new HashMap<>();

  RectifierFusion(LayerGraph graph) {
    this.graph = graph;
    for (LayerGraph.Node node : graph.layers()) {
      if (canBeFused(node)) {
        String source = node.inputs().get(0);
        sources.put(node.name(), source);
        activations.put(source, node.name());
      }
    }
  }

  /** The node that does a ReLU layer's work; empty if it does it itself. */
  Optional<String> sourceOf(String activation) {
    return Optional.ofNullable(sources.get(activation));
  }

  /** The ReLU layer whose work a node does; empty if there is none. */
  Optional<String> activationOf(String source) {
    return Optional.ofNullable(activations.get(source));
  }

  /** Whether a layer computes ReLU and nothing else. */
  static boolean isRelu(Layer layer) {
    boolean isActivation =
        layer.getClass() == ActivationLayer.class || layer.getClass() == FastActivation.class;
    return isActivation
        && FastActivation.rectifierOf(((ActivationLayer) layer).getActivationFn())
            .equals(Optional.of(Rectifier.RELU));
  }

  /** Whether a vertex is a sum without rectifier. */
  static boolean isPlainSum(GraphVertex vertex) {
    return vertex.getClass() == ElementWiseVertex.class
            && ((ElementWiseVertex) vertex).getOp() == ElementWiseVertex.Op.Add
        || vertex.getClass() == FastAddVertex.class
            && ((FastAddVertex) vertex).getRectifier() == Rectifier.NONE;
  }

  private static boolean isPlainNorm(Layer layer) {
    return layer.getClass() == BatchNormalization.class
        || layer.getClass() == FastBatchNormalization.class
            && ((FastBatchNormalization) layer).getRectifier() == Rectifier.NONE;
  }

  private boolean canBeFused(LayerGraph.Node node) {
    return isRelu(node.layer())
        && node.layer().getIDropout() == null
        && node.preprocessor() == null
        && canRectifyFor(graph.node(node.inputs().get(0)))
        && !mayBeOverwritten(node);
  }

  /** Whether nobody but the one reader would see that a node's output is rectified. */
  private boolean canRectifyFor(LayerGraph.Node source) {
    boolean isPlain =
        source.layer() != null && isPlainNorm(source.layer())
            || source.vertex() != null && isPlainSum(source.vertex());
    return isPlain && graph.readersOf(source).size() == 1 && !graph.isOutput(source);
  }

  /**
   * Whether the fused result may be changed before the backward pass, which sees in it what the
   * rectifier passed. DL4J applies dropout in place, to an array that may have come through several
   * nodes without weights. Dropout that only makes zeros does no harm: their gradient is 0 anyway.
   */
  private boolean mayBeOverwritten(LayerGraph.Node node) {
    return graph.readersOf(node).stream()
        .anyMatch(
            reader ->
                mayOverwriteInput(reader)
                    || !LayerConverter.hasWeights(reader) && mayBeOverwritten(reader));
  }

  /** A frozen activation layer works in place, too. */
  private static boolean mayOverwriteInput(LayerGraph.Node node) {
    Layer layer = node.layer();
    return layer != null
        && (!SignAnalysis.keepsSign(layer.getIDropout())
            || layer instanceof FrozenLayer
            || layer instanceof BaseWrapperLayer);
  }
}
