package org.lsq4j.network;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastAddVertex;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.lsq4j.layer.impl.FastAddVertexImpl;
import org.lsq4j.layer.impl.FastBatchNormalizationLayer;
import org.lsq4j.layer.impl.QuantizedConvolution2DLayer;
import org.nd4j.linalg.activations.impl.ActivationIdentity;

/** Joins the layers of one network; its topology decides which ones. */
final class LayerJoiner {

  private final NeuralNetwork network;
  private final LayerGraph graph;
  private final Map<String, Layer> layers;
  private final List<String> order;
  private final List<Runnable> separations = new ArrayList<>();

  /** The joined ones, in the order of computation. */
  private final Map<LayerGraph.Node, FastAddVertexImpl> sums = new LinkedHashMap<>();

  private final Set<FastBatchNormalizationLayer> norms =
      Collections.newSetFromMap(new IdentityHashMap<>());

  /** Joins nothing yet; the network's layers have different names. */
  LayerJoiner(NeuralNetwork network) {
    this.network = network;
    graph = LayerGraph.of(network);
    layers =
        Networks.layers(network).stream()
            .collect(Collectors.toMap(Networks::nameOf, layer -> layer));
    order = graph.nodes().stream().map(LayerGraph.Node::name).toList();
  }

  /**
   * Joins what can be joined.
   *
   * @return how many batch norms
   */
  int join() {
    graph.layers().forEach(this::joinAround);
    sums.keySet().forEach(this::joinReadingSums);
    sums.keySet().forEach(this::joinOtherNorm);
    return norms.size();
  }

  /** What separates the joined layers. */
  List<Runnable> separations() {
    return List.copyOf(separations);
  }

  private void joinAround(LayerGraph.Node node) {
    if (node.preprocessor() != null
        || !(layers.get(node.name()) instanceof FastBatchNormalizationLayer norm)) {
      return;
    }
    if (joinConvolution(node, norm) || joinSum(node, norm)) {
      joinBefore(node, norm);
    }
  }

  private void joinBefore(LayerGraph.Node node, FastBatchNormalizationLayer norm) {
    convolutionBefore(node).ifPresent(norm::joinBefore);
    separations.add(norm::separate);
    norms.add(norm);
  }

  private boolean joinConvolution(LayerGraph.Node node, FastBatchNormalizationLayer norm) {
    Optional<QuantizedConvolution2DLayer> behind =
        onlyReader(node).flatMap(this::readingConvolution);
    behind.ifPresent(norm::joinBehind);
    return behind.isPresent();
  }

  /** The convolution of a node, if nothing comes between its input and its quantizer. */
  private Optional<QuantizedConvolution2DLayer> readingConvolution(LayerGraph.Node node) {
    return Optional.of(node).filter(LayerJoiner::takesInputAsItIs).flatMap(this::convolution);
  }

  private static boolean takesInputAsItIs(LayerGraph.Node reader) {
    return reader.layer() != null
        && reader.layer().getIDropout() == null
        && reader.preprocessor() == null;
  }

  private boolean joinSum(LayerGraph.Node node, FastBatchNormalizationLayer norm) {
    Optional<LayerGraph.Node> reader =
        onlyReader(node).filter(sum -> sum.vertex() instanceof FastAddVertex);
    boolean isPlain = ((FastBatchNormalization) node.layer()).getRectifier() == Rectifier.NONE;
    if (!isPlain || reader.isEmpty() || !canShareGradient(node, reader.get())) {
      return false;
    }
    FastAddVertexImpl sum =
        (FastAddVertexImpl) ((ComputationGraph) network).getVertex(reader.get().name());
    sum.join(norm);
    graph.readersOf(reader.get()).stream()
        .flatMap(each -> readingConvolution(each).stream())
        .forEach(sum::joinReader);
    separations.add(sum::separate);
    sums.put(reader.get(), sum);
    return true;
  }

  /**
   * Joins a sum with those sums that read it, if there are no readers but those and convolutions.
   */
  private void joinReadingSums(LayerGraph.Node node) {
    List<LayerGraph.Node> others =
        graph.readersOf(node).stream()
            .filter(reader -> readingConvolution(reader).isEmpty())
            .toList();
    if (!graph.isOutput(node) && sums.keySet().containsAll(others)) {
      sums.get(node).joinReaders(others.stream().map(sums::get).toList());
    }
  }

  /** Joins a sum with the batch norm that makes its other term, if nobody else reads that. */
  private void joinOtherNorm(LayerGraph.Node sum) {
    sum.inputs().stream()
        .map(graph::node)
        .filter(term -> onlyReader(term).isPresent() && term.preprocessor() == null)
        .forEach(term -> joinOtherNorm(sums.get(sum), term));
  }

  private void joinOtherNorm(FastAddVertexImpl sum, LayerGraph.Node term) {
    if (layers.get(term.name()) instanceof FastBatchNormalizationLayer norm
        && !norms.contains(norm)) {
      sum.joinOther(norm);
      joinBefore(term, norm);
    }
  }

  /**
   * Whether the batch norm is done with the gradient of its sum before DL4J adds to it what the
   * other term's other readers give, and before that term itself.
   */
  private boolean canShareGradient(LayerGraph.Node norm, LayerGraph.Node sum) {
    if (sum.inputs().size() != 2 || sum.inputs().get(0).equals(sum.inputs().get(1))) {
      return false;
    }
    int index = 1 - sum.inputs().indexOf(norm.name());
    LayerGraph.Node other = graph.node(sum.inputs().get(index));
    return isBefore(other, norm)
        && graph.readersOf(other).stream()
            .filter(reader -> !reader.equals(sum))
            .allMatch(reader -> isBefore(reader, norm));
  }

  /** By the order of computation; backward passes come in the opposite one. */
  private boolean isBefore(LayerGraph.Node first, LayerGraph.Node second) {
    return order.indexOf(first.name()) < order.indexOf(second.name());
  }

  private Optional<QuantizedConvolution2DLayer> convolutionBefore(LayerGraph.Node norm) {
    LayerGraph.Node before = graph.node(norm.inputs().get(0));
    boolean onlyForNorm = onlyReader(before).isPresent();
    return onlyForNorm
        ? convolution(before)
            .filter(layer -> layer.layerConf().getActivationFn() instanceof ActivationIdentity)
        : Optional.empty();
  }

  private Optional<LayerGraph.Node> onlyReader(LayerGraph.Node node) {
    List<LayerGraph.Node> readers = graph.readersOf(node);
    return readers.size() == 1 && !graph.isOutput(node)
        ? Optional.of(readers.get(0))
        : Optional.empty();
  }

  /** A layer of exactly this class: a subclass, or a frozen one, computes something else. */
  private Optional<QuantizedConvolution2DLayer> convolution(LayerGraph.Node node) {
    return node.layer() != null
            && node.layer().getClass() == QuantizedConvolution2D.class
            && layers.get(node.name()) instanceof QuantizedConvolution2DLayer layer
        ? Optional.of(layer)
        : Optional.empty();
  }
}
