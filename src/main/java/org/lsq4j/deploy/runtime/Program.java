package org.lsq4j.deploy.runtime;

import java.util.List;
import org.lsq4j.deploy.graph.IntegerGraph;

/**
 * A graph in the order in which it is computed, with neighbouring operations put together and a
 * buffer for each tensor; buffers are used again when nobody reads their content any more.
 *
 * @param input where the network's input goes
 * @param steps what is computed
 * @param output where its output is
 * @param codeBuffers sizes of the buffers for codes, in values of one example
 * @param realBuffers sizes of the buffers for real numbers
 */
public record Program(
    Operand input,
    List<Step> steps,
    Operand output,
    List<Integer> codeBuffers,
    List<Integer> realBuffers) {

  /** Copies the lists. */
  public Program {
    steps = List.copyOf(steps);
    codeBuffers = List.copyOf(codeBuffers);
    realBuffers = List.copyOf(realBuffers);
  }

  /**
   * The program of a graph.
   *
   * @throws IllegalArgumentException if the graph's output is codes
   */
  public static Program of(IntegerGraph graph) {
    return ProgramBuilder.build(graph);
  }
}
