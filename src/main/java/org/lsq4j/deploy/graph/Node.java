package org.lsq4j.deploy.graph;

import java.util.List;
import java.util.Objects;

/**
 * A node of a graph.
 *
 * @param name for people; may be empty
 * @param operation what it computes
 * @param inputs numbers of the nodes it reads, all before it
 */
public record Node(String name, Operation operation, List<Integer> inputs) {

  /** Most characters of a name. */
  public static final int LONGEST_NAME = 1000;

  /** Copies the inputs. */
  public Node {
    Objects.requireNonNull(operation, "operation");
    inputs = List.copyOf(inputs);
    if (name.length() > LONGEST_NAME) {
      throw new IllegalArgumentException(
          "a name has " + name.length() + " characters; at most " + LONGEST_NAME + " are possible");
    }
  }
}
