package org.lsq4j.deploy.export;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.PreprocessorVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.RnnToFeedForwardPreProcessor;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.Add;
import org.lsq4j.deploy.graph.Operation.Concatenate;
import org.lsq4j.deploy.graph.Operation.Flatten;
import org.lsq4j.deploy.graph.Operation.Input;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.layer.FastAddVertex;
import org.lsq4j.network.LayerGraph;
import org.lsq4j.network.Networks;

/**
 * Makes a graph of integer operations from a quantized network that is calibrated or trained. A
 * batch norm that is all that reads a convolution or dense layer without activation is folded into
 * it, as factors and addends of the sums: weight codes stay those of training. What is not
 * quantized (sums, poolings, activations) stays float.
 */
public final class GraphExporter {

  private final LayerGraph network;
  private final Map<String, Layer> layers = new HashMap<>();
  private final IntegerGraph.Builder graph = new IntegerGraph.Builder();
  private final Map<String, Value> values = new HashMap<>();
  private final LayerExporter layerExporter = new LayerExporter(graph);

  private GraphExporter(NeuralNetwork network) {
    this.network = LayerGraph.of(network);
    Networks.layers(network).forEach(layer -> layers.put(Networks.nameOf(layer), layer));
  }

  /**
   * Exports a network.
   *
   * @param network a chain or graph with one input and one output; not changed
   * @param input size and format of its input
   * @param info how to feed it
   * @throws UnsupportedNetworkException if it has a layer that no integer operation computes, or a
   *     quantizer that is not calibrated
   */
  public static IntegerGraph export(NeuralNetwork network, InputType input, ModelInfo info) {
    return new GraphExporter(network).run(input, info);
  }

  private IntegerGraph run(InputType input, ModelInfo info) {
    List<LayerGraph.Node> nodes = network.nodes();
    requireOne("inputs", nodes.stream().filter(LayerGraph.Node::isNetworkInput).count());
    requireOne("outputs", nodes.stream().filter(network::isOutput).count());
    for (LayerGraph.Node node : nodes) {
      try {
        if (!values.containsKey(node.name())) {
          values.put(node.name(), exported(node, input));
        }
      } catch (IllegalArgumentException e) {
        throw UnsupportedNetworkException.of(node.name(), String.valueOf(e.getMessage()));
      }
    }
    try {
      return graph.build(info);
    } catch (IllegalArgumentException e) {
      throw new UnsupportedNetworkException("The network cannot be exported: " + e.getMessage(), e);
    }
  }

  private static void requireOne(String what, long count) {
    if (count != 1) {
      throw new UnsupportedNetworkException(
          "The network cannot be exported: it has "
              + count
              + " "
              + what
              + "; only one is possible");
    }
  }

  private Value exported(LayerGraph.Node node, InputType input) {
    if (node.isNetworkInput()) {
      int number = graph.add("input", new Input(Layout.shape(input)));
      return Value.of(number, Layout.of(input));
    }
    if (node.layer() == null) {
      return vertex(node);
    }
    Value source = preprocessed(node, node.preprocessor(), values.get(node.inputs().get(0)));
    Optional<LayerGraph.Node> norm = foldedNorm(node);
    Value result =
        layerExporter.export(
            new LayerExporter.Request(
                node.name(),
                layers.get(node.name()),
                norm.map(follower -> layers.get(follower.name()))),
            source);
    // The layer itself is read by its norm only, which finds itself exported already.
    norm.ifPresent(follower -> values.put(follower.name(), result));
    return result;
  }

  /** The batch norm that can be computed with a layer's own scaling. */
  private Optional<LayerGraph.Node> foldedNorm(LayerGraph.Node node) {
    List<LayerGraph.Node> readers = network.readersOf(node);
    boolean folds =
        readers.size() == 1
            && !network.isOutput(node)
            && readers.get(0).preprocessor() == null
            && LayerExporter.foldsNorm(node.layer(), readers.get(0).layer());
    return folds ? Optional.of(readers.get(0)) : Optional.empty();
  }

  private Value preprocessed(LayerGraph.Node node, InputPreProcessor preprocessor, Value source) {
    // DL4J puts one of sequences behind a global pooling, too, whose vectors it passes on.
    boolean passesOn =
        preprocessor instanceof FeedForwardToCnnPreProcessor
            || preprocessor instanceof RnnToFeedForwardPreProcessor && source.layout() == Layout.NC;
    if (preprocessor == null || passesOn) {
      return source;
    }
    if (preprocessor instanceof CnnToFeedForwardPreProcessor) {
      return flattened(source);
    }
    throw UnsupportedNetworkException.of(
        node.name(),
        "its input goes through "
            + preprocessor.getClass().getSimpleName()
            + "; only images are made vectors, by CnnToFeedForwardPreProcessor");
  }

  private Value flattened(Value source) {
    Shape shape = graph.tensor(source.node()).shape();
    int node = shape.isVector() ? source.node() : graph.add("", new Flatten(), source.node());
    boolean permuted = source.layout().isChannelsFirst() && !shape.isVector();
    return new Value(node, Layout.NC, permuted ? channelsFirst(shape) : null);
  }

  private static int[] channelsFirst(Shape shape) {
    int[] order = new int[shape.size()];
    for (int pixel = 0; pixel < shape.pixels(); pixel++) {
      for (int c = 0; c < shape.channels(); c++) {
        order[pixel * shape.channels() + c] = c * shape.pixels() + pixel;
      }
    }
    return order;
  }

  private Value vertex(LayerGraph.Node node) {
    List<Value> inputs = node.inputs().stream().map(values::get).toList();
    GraphVertex vertex = node.vertex();
    if (vertex instanceof ElementWiseVertex sum && sum.getOp() == ElementWiseVertex.Op.Add) {
      Value total = combined(node, new Add(), inputs, inputs.get(0).order());
      return sum instanceof FastAddVertex fast
          ? ActivationFunctions.of(fast.getRectifier())
              .map(relu -> total.withNode(graph.add("", relu, total.node())))
              .orElse(total)
          : total;
    }
    if (vertex instanceof MergeVertex merge) {
      Layout layout = inputs.get(0).layout();
      if (merge.getMergeAxis() != layout.channelAxis()) {
        throw UnsupportedNetworkException.of(
            node.name(), "it joins along axis " + merge.getMergeAxis() + ", not along channels");
      }
      return combined(node, new Concatenate(), inputs, joinedOrder(inputs));
    }
    if (vertex instanceof PreprocessorVertex flatten) {
      return preprocessed(node, flatten.getPreProcessor(), inputs.get(0));
    }
    throw UnsupportedNetworkException.of(
        node.name(),
        "there is no integer form of "
            + vertex.getClass().getSimpleName()
            + "; there are sums (ElementWiseVertex with Add, FastAddVertex), MergeVertex and"
            + " PreprocessorVertex");
  }

  private Value combined(
      LayerGraph.Node node, Operation operation, List<Value> inputs, int[] order) {
    Integer[] numbers = inputs.stream().map(Value::node).toArray(Integer[]::new);
    int number = graph.add(node.name(), operation, numbers);
    return new Value(number, inputs.get(0).layout(), order);
  }

  private int[] joinedOrder(List<Value> inputs) {
    if (inputs.stream().allMatch(value -> value.order() == null)) {
      return null;
    }
    int[] order =
        new int[inputs.stream().mapToInt(value -> graph.tensor(value.node()).shape().size()).sum()];
    int from = 0;
    for (Value value : inputs) {
      int length = graph.tensor(value.node()).shape().size();
      for (int i = 0; i < length; i++) {
        order[from + i] = from + value.dl4jIndex(i);
      }
      from += length;
    }
    return order;
  }
}
