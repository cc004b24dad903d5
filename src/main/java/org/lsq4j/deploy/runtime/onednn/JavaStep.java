package org.lsq4j.deploy.runtime.onednn;

import org.lsq4j.deploy.runtime.Operand;
import org.lsq4j.deploy.runtime.Step;
import org.lsq4j.deploy.runtime.portable.Kernel;
import org.lsq4j.deploy.runtime.portable.Kernels;

/** A step that no primitive computes exactly: one example after the other, by the Java kernel. */
record JavaStep(Step step, int examples) implements NativeStep {

  @Override
  public Runnable bind(NativeMemory memory) {
    Kernel kernel = Kernels.of(step);
    Operand[] inputs = step.inputs().toArray(Operand[]::new);
    return () -> {
      for (int example = 0; example < examples; example++) {
        for (Operand input : inputs) {
          memory.fetch(input, example);
        }
        kernel.run(memory.single());
        memory.put(step.output(), example);
      }
    };
  }
}
