package org.lsq4j.deploy.runtime.onednn;

import java.util.List;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.Add;
import org.lsq4j.deploy.graph.Operation.Pool;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Operation.Quantize;
import org.lsq4j.deploy.runtime.Program;
import org.lsq4j.deploy.runtime.Step;

/** Chooses who computes a step. */
final class NativeSteps {

  private NativeSteps() {}

  static List<NativeStep> of(Program program, int examples) {
    return program.steps().stream().map(step -> of(step, examples)).toList();
  }

  private static NativeStep of(Step step, int examples) {
    Operation operation = step.operation();
    if (operation instanceof Product && Exactness.isExact(step)) {
      return new ProductStep(step, examples);
    } else if (operation instanceof Quantize) {
      return ElementSteps.quantize(step, examples);
    } else if (operation instanceof Add && step.inputs().size() == 2) {
      return ElementSteps.add(step, examples);
    } else if (operation instanceof Pool pool && PoolStep.computes(pool)) {
      return PoolStep.of(step, pool, examples);
    }
    return new JavaStep(step, examples);
  }
}
