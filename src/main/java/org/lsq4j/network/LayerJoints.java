package org.lsq4j.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastAddVertex;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.lsq4j.layer.impl.FastAddVertexImpl;
import org.lsq4j.layer.impl.FastBatchNormalizationLayer;
import org.lsq4j.layer.impl.QuantizedConvolution2DLayer;
import org.nd4j.linalg.activations.impl.ActivationIdentity;

/**
 * Layers of a network that compute together while it is trained: a batch norm with the input
 * quantizer of the convolution behind it or with the sum behind it, and with the convolution before
 * it. What only the neighbour would read is then never written. Results agree with those of
 * separate layers within float rounding; inference is as ever. Engines that cannot do it, and
 * passes in which somebody observes a quantizer or a batch norm, compute apart.
 *
 * <p>In a training forward pass the activations of a joined batch norm are not there for anybody
 * else: what DL4J hands to a listener's {@code onForwardPass} or returns from {@code feedForward(x,
 * true)} is undefined for these layers. So a network is joined by who trains it, for as long as
 * that lasts.
 */
public final class LayerJoints implements AutoCloseable {

  /** System property: {@code auto}, or {@code never} to join nothing. */
  static final String PROPERTY = "lsq4j.joints";

  private final LayerGraph graph;
  private final Map<String, Layer> layers;
  private final NeuralNetwork network;
  private final List<String> order;
  private final List<Runnable> separations = new ArrayList<>();
  private int count;

  private LayerJoints(NeuralNetwork network) {
    this.network = network;
    graph = LayerGraph.of(network);
    layers =
        Networks.layers(network).stream()
            .collect(Collectors.toMap(Networks::nameOf, layer -> layer));
    order = graph.nodes().stream().map(LayerGraph.Node::name).toList();
  }

  /** Joins what can be joined, until the result is closed. */
  public static LayerJoints join(NeuralNetwork network) {
    LayerJoints joints = new LayerJoints(network);
    if (isAllowed()) {
      joints.graph.layers().forEach(joints::joinAround);
    }
    return joints;
  }

  /** Joins what can be joined, but nothing if a listener of the network looks at activations. */
  public static LayerJoints joinUnlessWatched(NeuralNetwork network) {
    boolean isWatched =
        Networks.listeners(network).stream().anyMatch(LayerJoints::looksAtActivations);
    return isWatched ? new LayerJoints(network) : join(network);
  }

  private static boolean isAllowed() {
    String policy = System.getProperty(PROPERTY, "auto");
    return switch (policy.toLowerCase(Locale.ROOT)) {
      case "auto" -> true;
      case "never" -> false;
      default ->
          throw new IllegalArgumentException(
              PROPERTY + ": must be auto or never, got '" + policy + "'");
    };
  }

  private static boolean looksAtActivations(TrainingListener listener) {
    return Stream.of(List.class, Map.class)
        .anyMatch(activations -> overridesForwardPass(listener.getClass(), activations));
  }

  private static boolean overridesForwardPass(Class<?> listener, Class<?> activations) {
    try {
      Class<?> declaring =
          listener.getMethod("onForwardPass", Model.class, activations).getDeclaringClass();
      return declaring != BaseTrainingListener.class && declaring != TrainingListener.class;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("DL4J's listeners are others than those known here", e);
    }
  }

  /** How many batch norms compute together with a layer behind or before them. */
  public int count() {
    return count;
  }

  /** Separates the layers. */
  @Override
  public void close() {
    separations.forEach(Runnable::run);
    separations.clear();
  }

  private void joinAround(LayerGraph.Node node) {
    if (node.preprocessor() != null
        || !(layers.get(node.name()) instanceof FastBatchNormalizationLayer norm)) {
      return;
    }
    boolean isJoined = joinQuantizer(node, norm) || joinSum(node, norm);
    if (isJoined) {
      convolutionBefore(node).ifPresent(norm::joinBefore);
      separations.add(norm::separate);
      count++;
    }
  }

  private boolean joinQuantizer(LayerGraph.Node node, FastBatchNormalizationLayer norm) {
    Optional<QuantizedConvolution2DLayer> behind =
        onlyReader(node)
            .filter(LayerJoints::takesInputAsItIs)
            .flatMap(this::convolution)
            .filter(layer -> layer.layerConf().getQuantization().inputs() != null);
    behind.ifPresent(norm::joinBehind);
    return behind.isPresent();
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
    separations.add(sum::separate);
    return true;
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
