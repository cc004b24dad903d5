package org.lsq4j.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastActivation;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Makes a batch norm and the convolution or dense layer before it one layer: W' = multiplier W, b'
 * = multiplier b + addend, see {@link BatchNormAffine}. In inference the network computes the same,
 * within rounding. In the batch norm's place stays a {@link FastActivation} with its rectifier, if
 * it had one, else one that hands the tensor on; names, layer numbers and topology stay.
 *
 * <p>Folded are batch norms of DL4J and of this project, in both forms of the running statistics,
 * behind 2-D, 1-D, depthwise, separable and transposed convolutions and dense layers. A batch norm
 * stays where
 *
 * <ul>
 *   <li>something else than such a layer is before it: concatenation, a sum, an activation or
 *       pooling, the network's input. In pre-activation networks that is every batch norm behind a
 *       sum;
 *   <li>something else reads the layer before it as well, which would see the folded values;
 *   <li>an activation, a preprocessor or layer normalization comes in between;
 *   <li>the layer before it has constraints on its weights, or either is frozen;
 *   <li>the layer's weights are calibrated: other weights would have other codes. A trained
 *       quantized network is folded by scaling what its products give: {@link #pairs}.
 * </ul>
 *
 * <p>Several readers of the batch norm itself do no harm.
 */
public final class BatchNormFolding {

  private final NeuralNetwork source;
  private final LayerGraph graph;
  private final Map<String, org.deeplearning4j.nn.api.Layer> layers = new HashMap<>();

  private BatchNormFolding(NeuralNetwork source) {
    this.source = source;
    this.graph = LayerGraph.of(source);
    List<LayerGraph.Node> nodes = graph.layers();
    for (int i = 0; i < nodes.size(); i++) {
      String name = nodes.get(i).name();
      layers.put(
          name,
          source instanceof ComputationGraph network
              ? network.getLayer(name)
              : ((MultiLayerNetwork) source).getLayer(i));
    }
  }

  /** Folds all batch norms of a network that can be. The source is not changed. */
  public static FoldedNetwork<? extends NeuralNetwork> fold(NeuralNetwork source) {
    return new BatchNormFolding(source).fold();
  }

  /**
   * The layers whose batch norms could be folded, with what deployment needs to do so. Unlike in
   * {@link #fold} the weights may be calibrated, as nothing is changed.
   */
  public static List<FoldablePair> pairs(NeuralNetwork network) {
    BatchNormFolding folding = new BatchNormFolding(network);
    return folding.norms().stream()
        .filter(norm -> folding.obstacle(norm).isEmpty())
        .map(folding::pair)
        .toList();
  }

  private FoldedNetwork<NeuralNetwork> fold() {
    List<FoldingDecision> decisions = new ArrayList<>();
    Map<String, BatchNormAffine> affines = new HashMap<>();
    NetworkRebuild rebuild = new NetworkRebuild();
    for (LayerGraph.Node norm : norms()) {
      Optional<String> obstacle = obstacle(norm).or(() -> calibration(norm));
      if (obstacle.isPresent()) {
        decisions.add(FoldingDecision.kept(norm.name(), obstacle.get()));
        continue;
      }
      FoldablePair pair = pair(norm);
      FeedForwardLayer layer = (FeedForwardLayer) before(norm).layer().clone();
      FoldableLayers.addBias(layer);
      affines.put(pair.layer(), pair.affine());
      rebuild.replace(pair.layer(), layer);
      rebuild.replace(norm.name(), new FastActivation(pair.rectifier()));
      decisions.add(FoldingDecision.folded(norm.name(), pair.layer()));
    }
    NeuralNetwork folded =
        rebuild.of(source, (from, to) -> copyParameters(from, to, affines.get(nameOf(to))));
    return new FoldedNetwork<>(folded, List.copyOf(decisions));
  }

  private static String nameOf(org.deeplearning4j.nn.api.Layer layer) {
    return layer.conf().getLayer().getLayerName();
  }

  /** Batch norms, frozen ones included. */
  private List<LayerGraph.Node> norms() {
    return graph.layers().stream()
        .filter(node -> unfrozen(node.layer()) instanceof BatchNormalization)
        .toList();
  }

  private static Layer unfrozen(Layer layer) {
    if (layer instanceof FrozenLayer frozen) {
      return frozen.getLayer();
    }
    return layer instanceof FrozenLayerWithBackprop frozen ? frozen.getUnderlying() : layer;
  }

  private LayerGraph.Node before(LayerGraph.Node norm) {
    return graph.node(norm.inputs().get(0));
  }

  private FoldablePair pair(LayerGraph.Node norm) {
    LayerGraph.Node before = before(norm);
    INDArray bias = layers.get(before.name()).paramTable().get(QuantizedParamInitializer.BIAS);
    BatchNormAffine affine = BatchNormAffine.of(layers.get(norm.name())).after(bias);
    Rectifier rectifier =
        norm.layer() instanceof FastBatchNormalization fast ? fast.getRectifier() : Rectifier.NONE;
    return new FoldablePair(before.name(), norm.name(), affine, rectifier);
  }

  /** Why a batch norm is not one with the layer before it; empty if it is. */
  private Optional<String> obstacle(LayerGraph.Node norm) {
    LayerGraph.Node before = before(norm);
    if (unfrozen(norm.layer()) != norm.layer()) {
      return Optional.of("it is frozen");
    }
    if (before.layer() == null || !FoldableLayers.canTake(before.layer())) {
      return Optional.of("it follows " + describe(before) + ", no convolution or dense layer");
    }
    if (!(((BaseLayer) before.layer()).getActivationFn() instanceof ActivationIdentity)) {
      return Optional.of("the activation of " + before.name() + " comes in between");
    }
    if (norm.preprocessor() != null) {
      return Optional.of("a preprocessor comes in between");
    }
    if (graph.readersOf(before).size() > 1 || graph.isOutput(before)) {
      return Optional.of(before.name() + " has other readers");
    }
    boolean isConstrained =
        before.layer().getConstraints() != null && !before.layer().getConstraints().isEmpty();
    return isConstrained
        ? Optional.of("the weights of " + before.name() + " are constrained")
        : Optional.empty();
  }

  private Optional<String> calibration(LayerGraph.Node norm) {
    org.deeplearning4j.nn.api.Layer before = layers.get(before(norm).name());
    INDArray step = before.paramTable().get(QuantizedParamInitializer.WEIGHT_STEP);
    return step != null && step.maxNumber().doubleValue() > 0
        ? Optional.of("the weights of " + before(norm).name() + " are calibrated")
        : Optional.empty();
  }

  private static String describe(LayerGraph.Node node) {
    if (node.isNetworkInput()) {
      return "the network's input";
    }
    Object what = node.layer() == null ? node.vertex() : node.layer();
    return what.getClass().getSimpleName() + " " + node.name();
  }

  private static void copyParameters(
      org.deeplearning4j.nn.api.Layer source,
      org.deeplearning4j.nn.api.Layer target,
      BatchNormAffine affine) {
    NetworkRebuild.copyAll(source, target);
    if (affine != null) {
      Layer conf = target.conf().getLayer();
      String key = FoldableLayers.weightKey(conf);
      INDArray weights = source.getParam(key);
      target.setParam(key, FoldableLayers.scaled(conf, weights, affine.multiplier()));
      target.setParam(
          QuantizedParamInitializer.BIAS,
          Nd4j.createFromArray(affine.addend()).castTo(weights.dataType()));
    }
  }
}
