package org.lsq4j.deploy.runtime;

import java.util.List;
import java.util.Optional;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Quantizer;

/**
 * One operation of a program, and what is done with its results in the same pass.
 *
 * @param operation what is computed
 * @param finish what follows
 * @param inputs what it reads
 * @param output what it writes; in no buffer that it reads
 */
public record Step(Operation operation, Finish finish, List<Operand> inputs, Operand output) {

  /** Copies the inputs. */
  public Step {
    inputs = List.copyOf(inputs);
  }

  /** The first input. */
  public Operand input() {
    return inputs.get(0);
  }

  /**
   * What is done with each real number that comes out: a rectifier, then a quantizer.
   *
   * @param rectifier max(y, 0) or nothing
   * @param quantizer empty if the result stays real
   */
  public record Finish(Rectifier rectifier, Optional<Quantizer> quantizer) {}

  /** Whether negative results become 0. */
  public enum Rectifier {
    /** They stay. */
    NONE,
    /** They become 0. */
    RELU
  }
}
