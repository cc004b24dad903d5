package org.lsq4j.deploy.runtime;

import java.util.ArrayList;
import java.util.List;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.Node;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.Flatten;
import org.lsq4j.deploy.graph.Operation.Pool;
import org.lsq4j.deploy.graph.Operation.PoolKind;
import org.lsq4j.deploy.graph.Operation.Quantize;

/**
 * Quantizes before a maximum is taken, or an image made a vector, instead of behind it, where a
 * quantizer is all that reads the result. The codes are the same, because a larger number never has
 * a smaller code; but codes are smaller, and the operation before can quantize in its own pass.
 */
final class EarlyQuantization {

  private EarlyQuantization() {}

  static IntegerGraph of(IntegerGraph graph) {
    IntegerGraph result = graph;
    int late = late(result);
    while (late >= 0) {
      result = swapped(result, late);
      late = late(result);
    }
    return result;
  }

  /** The first quantizer that can go before what it reads; -1 if there is none. */
  private static int late(IntegerGraph graph) {
    for (int i = 0; i < graph.nodes().size(); i++) {
      Node node = graph.nodes().get(i);
      if (node.operation() instanceof Quantize) {
        int source = node.inputs().get(0);
        if (commutes(graph.nodes().get(source).operation()) && graph.readers(source).size() == 1) {
          return i;
        }
      }
    }
    return -1;
  }

  private static boolean commutes(Operation operation) {
    return operation instanceof Flatten
        || operation instanceof Pool pool && pool.kind() == PoolKind.MAXIMUM;
  }

  private static IntegerGraph swapped(IntegerGraph graph, int quantizer) {
    List<Node> nodes = new ArrayList<>(graph.nodes());
    Node quantize = nodes.get(quantizer);
    int place = quantize.inputs().get(0);
    Node source = nodes.get(place);
    nodes.set(place, new Node(quantize.name(), quantize.operation(), source.inputs()));
    nodes.set(quantizer, new Node(source.name(), source.operation(), List.of(place)));
    return IntegerGraph.of(nodes, graph.info());
  }
}
