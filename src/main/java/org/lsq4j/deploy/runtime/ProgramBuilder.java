package org.lsq4j.deploy.runtime;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.lsq4j.deploy.graph.Activation;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.Node;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.Activate;
import org.lsq4j.deploy.graph.Operation.Add;
import org.lsq4j.deploy.graph.Operation.Flatten;
import org.lsq4j.deploy.graph.Operation.Pool;
import org.lsq4j.deploy.graph.Operation.PoolKind;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Operation.Quantize;
import org.lsq4j.deploy.graph.Operation.ScaleShift;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.graph.Tensor;
import org.lsq4j.deploy.runtime.Step.Finish;
import org.lsq4j.deploy.runtime.Step.Rectifier;

/** Puts operations together and gives them buffers. */
final class ProgramBuilder {

  private final IntegerGraph graph;
  private final BufferPlan codes = new BufferPlan();
  private final BufferPlan reals = new BufferPlan();
  private final Map<Integer, Operand> operands = new HashMap<>();
  private final List<Step> steps = new ArrayList<>();

  /** For each node the one whose buffer it uses: itself, or for a vector the image before. */
  private final int[] owner;

  /** For each node that owns a buffer the last one that reads it. */
  private final int[] lastReader;

  private ProgramBuilder(IntegerGraph graph) {
    this.graph = graph;
    int count = graph.nodes().size();
    owner = new int[count];
    lastReader = new int[count];
    for (int i = 0; i < count; i++) {
      Node node = graph.nodes().get(i);
      owner[i] = node.operation() instanceof Flatten ? owner[node.inputs().get(0)] : i;
      for (int input : node.inputs()) {
        lastReader[owner[input]] = i;
      }
    }
    lastReader[owner[graph.output()]] = count;
  }

  static Program build(IntegerGraph graph) {
    return new ProgramBuilder(EarlyQuantization.of(graph)).build();
  }

  private Program build() {
    if (graph.tensor(graph.output()).isCodes()) {
      throw new IllegalArgumentException("The graph's output is codes; it must be real numbers");
    }
    operands.put(0, take(0));
    boolean[] done = new boolean[graph.nodes().size()];
    for (int i = 1; i < graph.nodes().size(); i++) {
      if (!done[i]) {
        for (int absorbed : add(i)) {
          done[absorbed] = true;
        }
      }
    }
    return new Program(
        operands.get(0), steps, operands.get(graph.output()), codes.sizes(), reals.sizes());
  }

  /** Adds the step that a node begins; gives the other nodes that it computes. */
  private List<Integer> add(int number) {
    Node node = graph.nodes().get(number);
    List<Operand> inputs = node.inputs().stream().map(operands::get).toList();
    if (node.operation() instanceof Flatten) {
      Operand image = inputs.get(0);
      operands.put(number, new Operand(image.buffer(), graph.tensor(number)));
      release(number);
      return List.of();
    }
    List<Integer> followers = canFinish(node.operation()) ? followers(number) : List.<Integer>of();
    int last = followers.isEmpty() ? number : followers.get(followers.size() - 1);
    Operand output = take(last);
    steps.add(new Step(node.operation(), finish(followers), inputs, output));
    operands.put(last, output);
    release(number);
    return followers;
  }

  private static boolean canFinish(Operation operation) {
    return operation instanceof Product
        || operation instanceof Add
        || operation instanceof ScaleShift
        || operation instanceof Pool pool && pool.kind() != PoolKind.MAXIMUM;
  }

  /** The rectifier and the quantizer that alone read a node, one after the other. */
  private List<Integer> followers(int number) {
    List<Integer> followers = new ArrayList<>();
    int last = number;
    while (graph.readers(last).size() == 1) {
      int reader = graph.readers(last).get(0);
      Operation operation = graph.nodes().get(reader).operation();
      boolean follows = operation instanceof Quantize || isRectifier(operation) && last == number;
      if (!follows) {
        break;
      }
      followers.add(reader);
      last = reader;
      if (operation instanceof Quantize) {
        break;
      }
    }
    return followers;
  }

  private static boolean isRectifier(Operation operation) {
    return operation instanceof Activate activate && activate.function() == Activation.RELU;
  }

  private Finish finish(List<Integer> followers) {
    Rectifier rectifier = Rectifier.NONE;
    Optional<Quantizer> quantizer = Optional.empty();
    for (int follower : followers) {
      if (graph.nodes().get(follower).operation() instanceof Quantize quantize) {
        quantizer = Optional.of(quantize.quantizer());
      } else {
        rectifier = Rectifier.RELU;
      }
    }
    return new Finish(rectifier, quantizer);
  }

  private Operand take(int number) {
    Tensor tensor = graph.tensor(number);
    return new Operand(plan(tensor).take(tensor.shape().size()), tensor);
  }

  private BufferPlan plan(Tensor tensor) {
    return tensor.isCodes() ? codes : reals;
  }

  /** Gives back the buffers that nobody reads behind a node. */
  private void release(int number) {
    graph.nodes().get(number).inputs().stream()
        .mapToInt(input -> owner[input])
        .distinct()
        .filter(input -> lastReader[input] == number)
        .forEach(
            input -> {
              Operand operand = operands.get(input);
              plan(operand.tensor()).giveBack(operand.buffer());
            });
  }
}
