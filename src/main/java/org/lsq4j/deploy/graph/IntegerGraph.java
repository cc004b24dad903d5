package org.lsq4j.deploy.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.lsq4j.deploy.graph.Operation.Input;
import org.lsq4j.deploy.graph.Operation.Softmax;

/**
 * A network of integer operations. Immutable and checked: nodes are in computation order, the first
 * is the only input, the last is the output, every other one is read by another, and every node can
 * take what it gets.
 */
public final class IntegerGraph {

  /** Most nodes of a graph. */
  public static final int MOST_NODES = 10_000;

  /** Most values of one example over all nodes: 2^28. */
  private static final long MOST_VALUES = 1L << 28;

  private final List<Node> nodes;
  private final List<Tensor> tensors;
  private final ModelInfo info;

  private IntegerGraph(List<Node> nodes, List<Tensor> tensors, ModelInfo info) {
    this.nodes = List.copyOf(nodes);
    this.tensors = List.copyOf(tensors);
    this.info = info;
    requireInfoFits();
    requireAllRead();
  }

  /**
   * A graph of nodes.
   *
   * @throws IllegalArgumentException if they are no such graph; the message names the node
   */
  public static IntegerGraph of(List<Node> nodes, ModelInfo info) {
    Builder builder = new Builder();
    nodes.forEach(builder::add);
    return builder.build(info);
  }

  private void requireInfoFits() {
    int classes = info.classNames().size();
    int outputs = tensors.get(output()).shape().channels();
    if (classes != 0 && classes != outputs) {
      throw new IllegalArgumentException(classes + " class names, but " + outputs + " outputs");
    }
    int channels = inputShape().channels();
    info.scaling()
        .filter(scaling -> scaling.center().size() != channels)
        .ifPresent(
            scaling -> {
              throw new IllegalArgumentException(
                  "pixel scaling of "
                      + scaling.center().size()
                      + " channels, but the input has "
                      + channels);
            });
  }

  private void requireAllRead() {
    boolean[] read = new boolean[nodes.size()];
    nodes.forEach(node -> node.inputs().forEach(input -> read[input] = true));
    for (int i = 0; i < output(); i++) {
      if (!read[i]) {
        throw new IllegalArgumentException(describe(i, nodes.get(i)) + " is read by no other node");
      }
    }
  }

  private static String describe(int number, Node node) {
    return "node " + number + (node.name().isEmpty() ? "" : " (" + node.name() + ")");
  }

  /** All nodes in computation order. */
  public List<Node> nodes() {
    return nodes;
  }

  /** What a node gives. */
  public Tensor tensor(int node) {
    return tensors.get(node);
  }

  /** What a node reads. */
  public List<Tensor> inputs(Node node) {
    return node.inputs().stream().map(tensors::get).toList();
  }

  /** Number of the output node: the last. */
  public int output() {
    return nodes.size() - 1;
  }

  /** Shape of the network's input. */
  public Shape inputShape() {
    return tensors.get(0).shape();
  }

  /** Shape of the network's output. */
  public Shape outputShape() {
    return tensors.get(output()).shape();
  }

  /** How to feed it. */
  public ModelInfo info() {
    return info;
  }

  /** The numbers of the nodes that read a node. */
  public List<Integer> readers(int node) {
    return IntStream.range(node + 1, nodes.size())
        .filter(reader -> nodes.get(reader).inputs().contains(node))
        .boxed()
        .toList();
  }

  /** The graph that ends before a softmax, if this one ends in one: it gives the logits. */
  public IntegerGraph withoutSoftmax() {
    return nodes.get(output()).operation() instanceof Softmax
        ? of(nodes.subList(0, output()), info)
        : this;
  }

  /** The part of the graph that computes a node, which is its output; it has no class names. */
  public IntegerGraph upTo(int node) {
    boolean[] needed = new boolean[node + 1];
    needed[node] = true;
    for (int i = node; i > 0; i--) {
      if (needed[i]) {
        nodes.get(i).inputs().forEach(input -> needed[input] = true);
      }
    }
    Map<Integer, Integer> numbers = new HashMap<>();
    Builder part = new Builder();
    for (int i = 0; i <= node; i++) {
      if (needed[i]) {
        List<Integer> inputs = nodes.get(i).inputs().stream().map(numbers::get).toList();
        numbers.put(i, part.add(new Node(nodes.get(i).name(), nodes.get(i).operation(), inputs)));
      }
    }
    return part.build(ModelInfo.UNKNOWN);
  }

  /** The name of a node, or of the first one with a name among those that read it; may be empty. */
  public String nameOfReader(int node) {
    int last = node;
    while (nodes.get(last).name().isEmpty() && last != output()) {
      last = readers(last).get(0);
    }
    return nodes.get(last).name();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof IntegerGraph that && nodes.equals(that.nodes) && info.equals(that.info);
  }

  @Override
  public int hashCode() {
    return nodes.hashCode();
  }

  @Override
  public String toString() {
    return nodes.size() + " nodes, " + inputShape() + " to " + outputShape();
  }

  /** Puts nodes together, each checked at once. */
  public static final class Builder {

    private final List<Node> nodes = new ArrayList<>();
    private final List<Tensor> tensors = new ArrayList<>();
    private long values;

    /**
     * Adds a node.
     *
     * @return its number
     * @throws IllegalArgumentException if it cannot take its inputs
     */
    public int add(Node node) {
      int number = nodes.size();
      try {
        requirePlace(number, node);
        Tensor tensor = node.operation().output(node.inputs().stream().map(tensors::get).toList());
        values += tensor.shape().size();
        if (values > MOST_VALUES) {
          throw new IllegalArgumentException(
              "the graph has more than " + MOST_VALUES + " values for one example");
        }
        nodes.add(node);
        tensors.add(tensor);
      } catch (IllegalArgumentException | ArithmeticException e) {
        throw new IllegalArgumentException(describe(number, node) + " " + e.getMessage(), e);
      }
      return number;
    }

    /** Adds a node that reads others. */
    public int add(String name, Operation operation, Integer... inputs) {
      return add(new Node(name, operation, List.of(inputs)));
    }

    private static void requirePlace(int number, Node node) {
      if (number >= MOST_NODES) {
        throw new IllegalArgumentException("is one too many: at most " + MOST_NODES + " are");
      }
      if (node.operation() instanceof Input != (number == 0)) {
        throw new IllegalArgumentException("is wrong there: the input is the first node alone");
      }
      for (int input : node.inputs()) {
        if (input < 0 || input >= number) {
          throw new IllegalArgumentException(
              "reads node " + input + ", which does not come before it");
        }
      }
    }

    /** What a node that was added gives. */
    public Tensor tensor(int node) {
      return tensors.get(node);
    }

    /**
     * The graph; its output is the node added last.
     *
     * @throws IllegalArgumentException if a node is read by nobody, or the information does not fit
     */
    public IntegerGraph build(ModelInfo info) {
      if (nodes.isEmpty()) {
        throw new IllegalArgumentException("a graph needs at least one node");
      }
      return new IntegerGraph(nodes, tensors, info);
    }
  }
}
